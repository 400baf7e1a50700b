// The reader's window. It speaks with the page that opened it by messages (exact origins, never
// "*", and the sender must be the opener itself), and with its own server by JSON.

import { post } from "./server.js";

const setup = JSON.parse(document.body.dataset.setup); // {words, language, origins}
const PATIENCE = 8000; // milliseconds until a silent opener is called silent
const SIGNATURE = "card_signature"; // what is asked for where the page names no method
const METHODS = {
  [SIGNATURE]: { path: "/answer", secret: "pin" },
  card_chip: { path: "/read", secret: "can" },
};
const NONCE = /^[\x21-\x7e]{44,128}$/;

const byId = (id) => document.getElementById(id);
const notice = byId("notice");
const front = byId("front"); // leads to the drawn card; there is none where no print is known
const forms = { ask: byId("ask"), unblock: byId("unblock"), change: byId("change") };

let language = setup.language;
let languageChosen = false; // by hand: then the asking page's language does not change it
let asked = null; // {origin, nonce} of the one request this window serves
let method = METHODS[SIGNATURE]; // how that request wants to be answered
let before = null; // the form that the unblocking took the place of

// ---- words -----------------------------------------------------------------

const word = (key) => setup.words[language].window[key];

function speak(chosen) {
  if (!(chosen in setup.words)) return;
  language = chosen;
  document.documentElement.lang = chosen;
  for (const element of document.querySelectorAll("[data-word]")) {
    element.textContent = word(element.dataset.word);
  }
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === chosen));
  }
  for (const element of document.querySelectorAll(".complaint")) {
    if (element.refusal) complain(element.closest("form"), element.refusal);
  }
  pointToFront();
}

// At the desk the chosen card is drawn as it is printed, with the number on its front.
function pointToFront() {
  if (front === null) return;
  const card = forms.ask.card.value;
  front.hidden = card === "";
  front.search = new URLSearchParams({ lang: language, card });
}

function announce(key) {
  notice.dataset.word = key;
  notice.textContent = word(key);
}

function sentence(refusal) {
  const sentences = setup.words[language].refusal;
  const first = sentences[refusal.code] ?? sentences.failed;
  if (refusal.triesLeft === undefined) return first;
  return `${first} ${word("tries_left").replace("{tries}", refusal.triesLeft)}`;
}

function complain(form, refusal) {
  const place = form.querySelector(".complaint");
  place.refusal = refusal;
  place.textContent = sentence(refusal);
}

function content(form) {
  const place = form.querySelector(".complaint");
  place.refusal = null;
  place.textContent = "";
  for (const input of form.querySelectorAll("input, select")) input.removeAttribute("aria-invalid");
}

// ---- which form is on the table ---------------------------------------------

function show(name, focus) {
  for (const [key, form] of Object.entries(forms)) form.hidden = key !== name;
  // The number on the front cannot be blocked: who is asked for it needs no way out.
  const isOfReading = name === "ask" && method.secret === "can";
  byId("offer-unblock").hidden = name === "unblock" || isOfReading;
  if (focus) focus.focus();
}

function empty(form) {
  for (const input of form.querySelectorAll("input")) input.value = "";
}

// ---- the page that asks -----------------------------------------------------

function tellAsker(message) {
  if (window.opener === null || window.opener.closed) {
    announce("gone");
    return false;
  }
  window.opener.postMessage(message, asked.origin);
  return true;
}

function hearAsker(event) {
  if (event.source !== window.opener || event.source === null) return;
  if (event.data?.type !== "eid-bridge:ask" || asked !== null) return;
  if (!setup.origins.includes(event.origin)) {
    announce("stranger");
    return;
  }
  const { nonce, lang, method: wanted = SIGNATURE } = event.data;
  if (typeof nonce !== "string" || !NONCE.test(nonce)) return;
  if (!Object.hasOwn(METHODS, wanted)) {
    announce("unknown_method");
    return;
  }
  asked = { origin: event.origin, nonce };
  useMethod(wanted);
  if (!languageChosen) speak(lang);
  byId("asker").textContent = asked.origin;
  notice.textContent = "";
  delete notice.dataset.word;
  show("ask", forms.ask.card.value === "" ? forms.ask.card : secretField());
}

// The PIN signs; the number on the card's front lets the chip be read.
function useMethod(wanted) {
  method = METHODS[wanted];
  for (const element of forms.ask.querySelectorAll("[data-method]")) {
    element.hidden = element.dataset.method !== wanted;
  }
}

const secretField = () => forms.ask[method.secret];

function finish(message) {
  show(null);
  if (tellAsker(message)) {
    announce("sent");
    window.close();
  }
}

// ---- the reader's server ----------------------------------------------------

// Sends what a form holds; the inputs are emptied at once, so that no PIN stays on the screen.
async function submit(form, path, body) {
  const buttons = form.querySelectorAll("button");
  content(form);
  empty(form);
  for (const button of buttons) button.disabled = true;
  announce("working");
  const outcome = await post(path, body);
  for (const button of buttons) button.disabled = false;
  notice.textContent = "";
  delete notice.dataset.word;
  return outcome;
}

function refuse(form, refusal, input) {
  complain(form, refusal);
  input.setAttribute("aria-invalid", "true");
  input.focus();
}

function newPinOf(form) {
  const [chosen, repeated] = [...form.querySelectorAll("input")].slice(-2);
  if (chosen.value === repeated.value) return chosen.value;
  content(form);
  refuse(form, { code: "pins_differ" }, repeated);
  return null;
}

function unblock() {
  if (forms.unblock.hidden) before = Object.keys(forms).find((key) => !forms[key].hidden) ?? null;
  content(forms.unblock);
  if (before !== null) forms.unblock.card.value = forms[before].card.value;
  show("unblock", forms.unblock.querySelector("h2"));
}

function unblockAfter(refusal) {
  unblock();
  complain(forms.unblock, refusal);
}

forms.ask.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = forms.ask;
  const body = { card: form.card.value, [method.secret]: secretField().value, ...asked };
  const { answer, text, refusal } = await submit(form, method.path, body);
  // As the card wrote it: whether it is good is for the provider to say.
  if (answer) finish({ type: "eid-bridge:answer", token: text });
  else if (refusal.code === "pin_blocked") unblockAfter(refusal);
  else refuse(form, refusal, refusal.code === "card_unknown" ? form.card : secretField());
});

forms.unblock.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = forms.unblock;
  const newPin = newPinOf(form);
  if (newPin === null) return;
  const body = { card: form.card.value, puk: form.puk.value, newPin };
  const { refusal } = await submit(form, "/unblock", body);
  if (refusal) {
    refuse(form, refusal, refusal.code === "card_unknown" ? form.card : form.puk);
    return;
  }
  announce("unblocked");
  const next = asked ? "ask" : "change";
  forms[next].card.value = body.card;
  pointToFront();
  show(next, asked ? secretField() : forms.change.querySelector("h2"));
});

forms.change.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = forms.change;
  const newPin = newPinOf(form);
  if (newPin === null) return;
  const body = { card: form.card.value, pin: form["old-pin"].value, newPin };
  const { refusal } = await submit(form, "/pin", body);
  if (refusal?.code === "pin_blocked") unblockAfter(refusal);
  else if (refusal) refuse(form, refusal, form["old-pin"]);
  else announce("changed");
});

forms.ask.card.addEventListener("change", pointToFront);

for (const button of document.querySelectorAll("[data-cancel]")) {
  button.addEventListener("click", () => finish({ type: "eid-bridge:cancelled" }));
}

byId("open-unblock").addEventListener("click", unblock);
byId("back").addEventListener("click", () => {
  empty(forms.unblock);
  show(before, before === null ? null : forms[before].querySelector("select, input"));
});

for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => {
    languageChosen = true;
    speak(button.dataset.language);
  });
}

// ---- start ------------------------------------------------------------------

pointToFront();
if (window.opener === null) {
  announce("alone");
  byId("offer-desk").hidden = false;
  show("change");
} else {
  window.addEventListener("message", hearAsker);
  // A message to an exact origin is delivered only if the opener is there: no need to know which.
  for (const origin of setup.origins) {
    window.opener.postMessage({ type: "eid-bridge:ready" }, origin);
  }
  window.setTimeout(() => {
    if (asked === null && notice.dataset.word === "waiting") announce("unanswered");
  }, PATIENCE);
}
