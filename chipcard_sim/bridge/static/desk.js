// The desk: it sends what a person does, shows anew what the server draws, and follows the trace.
// A PIN is in its field and in one request, nowhere else.

import { post } from "./server.js";

const setup = JSON.parse(document.body.dataset.setup); // {words}
const PARTS = ["drawer", "card", "chip"]; // what the server draws anew after each act
const MOST_CONVERSATIONS = 60;

const byId = (id) => document.getElementById(id);
const notice = byId("notice");
const trace = byId("trace");
const word = (key) => setup.words.live[key];
const card = () => byId("card").dataset.card;
const say = (text) => { notice.textContent = text; };

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

function sentence(refusal) {
  const sentences = setup.words.refusal;
  const first = sentences[refusal.code] ?? sentences.failed;
  if (refusal.triesLeft === undefined) return first;
  return `${first} ${fill(word("tries_left"), { tries: refusal.triesLeft })}`;
}

// ---- the server ----------------------------------------------------------------

// Takes the parts of the page as the server draws them now; where the keyboard was, it stays.
async function refresh() {
  const response = await fetch(location.href);
  if (!response.ok) return;
  const drawn = new DOMParser().parseFromString(await response.text(), "text/html");
  const focused = document.activeElement?.id;
  const scrolled = document.querySelector(".rows")?.scrollTop ?? 0;
  const isOpen = document.querySelector("#card details")?.open ?? false;
  for (const id of PARTS) byId(id).replaceWith(document.adoptNode(drawn.getElementById(id)));
  wake();
  const rows = document.querySelector(".rows");
  if (rows) rows.scrollTop = scrolled;
  const details = document.querySelector("#card details");
  if (details) details.open = isOpen;
  if (focused && document.activeElement?.id !== focused) byId(focused)?.focus();
}

// ---- insert and remove ---------------------------------------------------------

async function move(path, done) {
  const { refusal } = await post(path, path === "/insert" ? { card: card() } : {});
  if (refusal) {
    say(sentence(refusal));
    return;
  }
  await refresh();
  say(word(done));
  byId(path === "/insert" ? "remove" : "insert")?.focus();
}

function choose() {
  const wanted = byId("filter").value.trim().toLocaleLowerCase();
  let matches = 0;
  for (const row of document.querySelectorAll(".row")) {
    const isWanted = row.textContent.toLocaleLowerCase().includes(wanted);
    row.parentElement.hidden = !isWanted;
    matches += isWanted ? 1 : 0;
  }
  byId("no-match").hidden = matches > 0;
}

// Gives life to what the server has just drawn.
function wake() {
  for (const element of document.querySelectorAll(".needs-script")) element.hidden = false;
  byId("insert")?.addEventListener("click", () => move("/insert", "inserted"));
  byId("remove")?.addEventListener("click", () => move("/remove", "removed"));
  byId("filter")?.addEventListener("input", choose);
  const [rows, row] = [document.querySelector(".rows"), document.querySelector(".row[aria-current]")];
  if (row) rows.scrollTop = row.offsetTop - rows.offsetTop - rows.clientHeight / 3;
  for (const form of [pinForm, canForm]) {
    const isIn = byId("card").dataset.inserted === "yes";
    form.querySelector(".first-insert").hidden = isIn;
    for (const button of form.querySelectorAll("button[type=submit]")) button.disabled = !isIn;
  }
}

// ---- the PIN pad ---------------------------------------------------------------

const pinForm = byId("pin-form");
const PATHS = { verify: "/verify", change: "/pin", unblock: "/unblock" };
let field = byId("pin"); // where the pad's digits go

const mode = () => pinForm.elements.mode.value;
const fieldsOf = (form) => [...form.querySelectorAll("input:not([type=radio])")];
const shownFields = () => fieldsOf(pinForm).filter((input) => input.checkVisibility());

function tell(form, text, isDone = false) {
  const place = form.querySelector(".complaint");
  place.classList.toggle("done", isDone);
  place.textContent = text;
}

function refuse(form, refusal, input) {
  tell(form, sentence(refusal));
  input.setAttribute("aria-invalid", "true");
  input.focus();
}

function clean(form) {
  tell(form, "");
  for (const input of fieldsOf(form)) input.removeAttribute("aria-invalid");
}

function empty(form) {
  for (const input of fieldsOf(form)) input.value = "";
}

function showMode() {
  for (const part of pinForm.querySelectorAll("[data-modes]")) {
    part.hidden = !part.dataset.modes.split(" ").includes(mode());
  }
  empty(pinForm);
  clean(pinForm);
  [field] = shownFields();
}

function press(digit) {
  field.value = digit === "" ? field.value.slice(0, -1) : field.value + digit;
  if (field.value.length > field.maxLength) field.value = field.value.slice(0, field.maxLength);
}

// Without the PIN an empty object looks like a locked one; it is told apart until the next look.
function showEmpty(tags) {
  for (const line of document.querySelectorAll(".objects li")) {
    if (!tags.includes(line.querySelector(".code").textContent)) continue;
    line.className = "absent";
    line.querySelector(".access").textContent = word("object_empty");
  }
}

async function sendPin() {
  clean(pinForm);
  const { pin, puk, "new-pin": chosen, "repeat-pin": repeated } = pinForm.elements;
  const done = mode();
  if (done !== "verify" && chosen.value !== repeated.value) {
    refuse(pinForm, { code: "pins_differ" }, repeated);
    return;
  }
  const secret = done === "unblock" ? { puk: puk.value } : { pin: pin.value };
  const more = done === "verify" ? {} : { newPin: chosen.value };
  const body = { card: card(), ...secret, ...more };
  empty(pinForm); // at once: no PIN stays on the screen
  const { answer, refusal } = await post(PATHS[done], body);
  await refresh();
  showEmpty(answer?.empty ?? []);
  const first = done === "unblock" ? puk : pin;
  if (refusal) refuse(pinForm, refusal, first);
  else tell(pinForm, fill(word(`done_${done}`), { opened: answer.opened?.length ?? 0 }), true);
}

pinForm.addEventListener("submit", (event) => {
  event.preventDefault();
  sendPin();
});
for (const radio of pinForm.elements.mode) radio.addEventListener("change", showMode);
for (const button of pinForm.querySelectorAll("[data-digit]")) {
  button.addEventListener("click", () => press(button.dataset.digit));
}
pinForm.addEventListener("focusin", (event) => {
  if (event.target.matches("input:not([type=radio])")) field = event.target;
});

// ---- the passport application ---------------------------------------------------

const canForm = byId("can-form");

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

async function drawFace(portrait) {
  const canvas = byId("passport-face");
  canvas.hidden = true;
  if (!portrait) return;
  try {
    const image = await createImageBitmap(new Blob([bytesOf(portrait)]));
    [canvas.width, canvas.height] = [image.width, image.height];
    canvas.getContext("2d").drawImage(image, 0, 0);
    canvas.hidden = false;
  } catch {
    tell(canForm, word("no_picture")); // JPEG 2000, which not every browser can draw
  }
}

function row(term, text, kind) {
  const line = document.createElement("div");
  const [name, value] = [document.createElement("dt"), document.createElement("dd")];
  name.textContent = term;
  value.textContent = text;
  if (kind) value.className = kind;
  line.append(name, value);
  return line;
}

async function showPassport(found) {
  byId("passport-zone").textContent = found.mrz.join("\n");
  byId("passport-facts").replaceChildren(
    ...found.dataGroups.map(({ number, size, matches }) => {
      const told = matches === null ? "not_listed" : matches ? "hash_fits" : "hash_differs";
      return row(`DG${number}`, fill(word(told), { size }), matches ? "good" : "bad");
    }),
    row(word("signed_by"), found.signer),
  );
  byId("passport-page").hidden = false;
  await drawFace(found.portrait);
  byId("passport-heading").focus();
}

canForm.addEventListener("submit", async (event) => {
  event.preventDefault();
  clean(canForm);
  const [can] = fieldsOf(canForm);
  const button = canForm.querySelector("button");
  byId("passport-page").hidden = true;
  button.disabled = true;
  say(word("reading"));
  const { answer, refusal } = await post("/passport", { card: card(), can: can.value });
  button.disabled = false;
  say("");
  if (refusal) refuse(canForm, refusal, can);
  else await showPassport(answer);
});

// ---- the trace -----------------------------------------------------------------

let isPaused = false;
let held = []; // what came while it was paused
const conversations = new Map(); // number -> {item, steps, counted, commands, microseconds}

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

// "63C2 TRIES_LEFT_2" -> words; a family stands under its first digits.
function statusWords(status) {
  const digits = status.slice(0, 4);
  const words = setup.words.status;
  if (digits in words) return words[digits];
  if (digits.startsWith("63C")) return fill(words["63CX"], { n: parseInt(digits[3], 16) });
  for (const family of ["61", "6C"]) {
    if (digits.startsWith(family)) {
      return fill(words[`${family}XX`], { n: parseInt(digits.slice(2), 16) || 256 });
    }
  }
  return status.slice(5) || status;
}

function open({ conversation, what, asker, card: name, at }) {
  const item = element("li");
  const details = element("details");
  const summary = element("summary");
  const counted = element("span", "soft");
  summary.append(
    element("span", "", setup.words.what[what] ?? what),
    element("span", "soft", asker ? `${name} · ${asker}` : name),
    element("span", "soft", new Date(at).toLocaleTimeString(document.documentElement.lang)),
    counted,
  );
  const steps = element("ol", "steps");
  details.open = what !== "look";
  details.append(summary, steps);
  item.append(details);
  trace.prepend(item);
  conversations.set(conversation, { item, steps, counted, commands: 0, microseconds: 0 });
  if (conversations.size > MOST_CONVERSATIONS) {
    const [oldest, { item: gone }] = conversations.entries().next().value;
    gone.remove();
    conversations.delete(oldest);
  }
}

function add({ conversation, name, command, status, answer, microseconds }) {
  const held = conversations.get(conversation);
  if (!held) return; // its beginning has fallen out of the journal
  const isGood = /^(9000|61)/.test(status);
  const step = element("li", isGood ? "good" : "bad");
  const head = element("div", "head");
  const digits = /^[0-9A-F]{4}/.test(status) ? `${status.slice(0, 4)} ` : "";
  const time = `${(microseconds / 1000).toFixed(1)} ms`;
  head.append(
    element("strong", "", name),
    element("span", "word", `${digits}${statusWords(status)} · ${time}`),
  );
  step.append(head, element("span", "code", `→ ${command}`));
  if (answer) step.append(element("span", "code", `← ${answer}`));
  held.steps.append(step);
  held.commands += 1;
  held.microseconds += microseconds;
  const total = (held.microseconds / 1000).toFixed(1);
  held.counted.textContent = fill(word("counted"), { commands: held.commands, total });
}

const SHOWN = { opened: open, exchange: add, closed: () => {} };

function hear(event) {
  const told = [event.type, JSON.parse(event.data)];
  if (isPaused) held = [...held.slice(-999), told];
  else SHOWN[told[0]](told[1]);
}

const stream = new EventSource("/trace");
for (const kind of Object.keys(SHOWN)) stream.addEventListener(kind, hear);

byId("pause").addEventListener("click", (event) => {
  isPaused = !isPaused;
  event.target.setAttribute("aria-pressed", String(isPaused));
  if (isPaused) return;
  for (const [kind, members] of held) SHOWN[kind](members);
  held = [];
});
byId("clear").addEventListener("click", () => {
  trace.replaceChildren();
  conversations.clear();
});

wake();
