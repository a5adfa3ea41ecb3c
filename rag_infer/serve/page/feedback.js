// Right or wrong: two buttons below an answer, and what would have been right.

import { icon, make, toast } from "./dom.js";
import { post } from "./server.js";
import { t } from "./translate.js";

/** The buttons for one turn of a conversation, from 1. */
export function feedback(conversation, turn) {
  const right = make("button", { className: "ghost", type: "button", title: t("This answer is right"), "aria-label": t("This answer is right"), "aria-pressed": "false" }, icon("right"));
  const wrong = make("button", { className: "ghost", type: "button", title: t("This answer is wrong"), "aria-label": t("This answer is wrong"), "aria-pressed": "false" }, icon("wrong"));
  const better = make("input", { className: "field", maxLength: 4000, placeholder: t("What would be right? (optional)"), "aria-label": t("What would be right? (optional)") });
  const send = make("button", { className: "solid", type: "submit" }, t("Send"));
  const form = make("form", { className: "better", hidden: true }, better, send);
  const say = (is_right, correction = null) => post("api/feedback", { conversation, turn, is_right, correction }).then(() => {
    right.setAttribute("aria-pressed", String(is_right));
    wrong.setAttribute("aria-pressed", String(!is_right));
  }).catch((error) => toast(error.message));
  right.onclick = () => { form.hidden = true; say(true); };
  wrong.onclick = () => { form.hidden = false; better.focus(); say(false); };
  form.onsubmit = (event) => {
    event.preventDefault();
    say(false, better.value.trim() || null);
    form.hidden = true;
  };
  return [right, wrong, form];
}
