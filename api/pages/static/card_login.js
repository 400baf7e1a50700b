"use strict";
// Opens the card bridge's window, hands it the challenge, and sends back what the card answered.
// Both sides check origin and source of every message; a target origin is never "*".
(() => {
  const step = document.getElementById("card-step");
  const button = document.getElementById("open-bridge");
  const status = document.getElementById("card-status");
  const { bridge, nonce, method, lang } = step.dataset;
  let reader = null;
  let watch = 0;

  const say = (key) => { status.textContent = step.dataset[key]; };
  const stop = () => { clearInterval(watch); button.disabled = false; };

  button.hidden = false;
  button.addEventListener("click", () => {
    reader = window.open(
      `${bridge}/window?lang=${encodeURIComponent(lang)}`, "eid-card-bridge",
      "popup,width=460,height=720");
    if (!reader) { say("blocked"); return; }
    button.disabled = true;
    say("waiting");
    watch = setInterval(() => { if (reader.closed) { stop(); say("cut"); } }, 500);
  });

  window.addEventListener("message", (event) => {
    if (event.origin !== bridge || event.source !== reader || !event.data) { return; }
    switch (event.data.type) {
      case "eid-bridge:ready":
        reader.postMessage({ type: "eid-bridge:ask", nonce, method, lang }, bridge);
        break;
      case "eid-bridge:answer":
        stop();
        button.disabled = true;
        say("sending");
        document.getElementById("answer").value = String(event.data.token);
        step.submit();
        break;
      case "eid-bridge:cancelled":
        stop();
        say("cancelled");
        break;
      default:
    }
  });
})();
