// What can be done with an answer: copied with its sources, called right or wrong.

import { icon, make, toast } from "./dom.js";
import { feedback } from "./feedback.js";
import { t } from "./translate.js";

/** The row of buttons below an answer. `citations` have a number, a location and a quote. */
export function actions({ text, citations, conversation, turn }) {
  const copy = make("button", { className: "ghost", type: "button" }, icon("copy"), t("Copy"));
  copy.onclick = () => copyText(withSources(text, citations)).then(() => toast(t("Copied, with its sources.")), (error) => toast(error.message));
  return make("div", { className: "actions" }, copy, ...(conversation ? feedback(conversation, turn) : []));
}

function withSources(text, citations) {
  const sources = citations.map((c) => `[${c.number}] ${c.location}: “${c.quote.replace(/\s+/g, " ").trim()}”`);
  return [text, ...(sources.length ? ["", ...sources] : [])].join("\n");
}

export async function copyText(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = make("textarea", { value: text, className: "hidden" }); // a server without TLS on another machine
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand("copy");
  field.remove();
  if (!isCopied) throw new Error(t("The browser does not allow copying here."));
  return undefined;
}
