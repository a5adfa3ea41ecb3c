// The questions and answers of one conversation, from top to bottom.

import { $, make } from "./dom.js";
import { state } from "./server.js";
import { t } from "./translate.js";

const LONG_QUESTION_CHARACTERS = 1200; // a longer one scrolls in its place

/** Empties the thread for a new conversation; what is being answered is stopped. */
export function newConversation() {
  state.stop?.abort();
  state.conversation = "new";
  for (const turn of [...document.querySelectorAll(".turn")]) turn.remove();
  for (const note of [...document.querySelectorAll(".shared")]) note.remove();
  $("welcome").hidden = false;
  $("heading").hidden = true;
}

/** A question at the end of the thread; gives the place for its answer, where dots wait. */
export function appendTurn(question) {
  $("welcome").hidden = true;
  const dots = make("span", { className: "dots", "aria-hidden": "true" }, make("i"), make("i"), make("i"));
  const body = make("div", {}, make("p", { className: "waits", role: "status" }, dots, make("span", { className: "doing" }, t("Waiting"))));
  const asked = make("div", { className: "asked" }, question);
  if (question.length > LONG_QUESTION_CHARACTERS) Object.assign(asked, { className: "asked long", tabIndex: 0 });
  const turn = make("article", { className: "turn" }, asked, body);
  $("thread").append(turn);
  $("thread").scrollTop = $("thread").scrollHeight;
  return body;
}

/** What went wrong with an answer, and a way to try again. */
export function trouble(message, retry) {
  const again = make("button", { type: "button" }, t("Try again"));
  again.onclick = retry;
  return make("div", { className: "trouble", role: "alert" }, make("p", {}, message), again);
}

const STATUS_TEXT = { loading: t("Loading the model"), searching: t("Searching"), writing: t("Writing") };

/** Says beside the dots what is being done, and for how many seconds where that takes long. */
export function showStatus(body, status) {
  const element = body.querySelector(".doing");
  if (!element) return;
  const began = Date.now();
  const text = STATUS_TEXT[status] || status;
  element.textContent = text;
  clearInterval(showStatus.timer);
  showStatus.timer = setInterval(() => {
    const seconds = Math.round((Date.now() - began) / 1000);
    if (!element.isConnected) clearInterval(showStatus.timer);
    else if (seconds > 1) element.textContent = `${text} · ${seconds} s`;
  }, 1000);
}
