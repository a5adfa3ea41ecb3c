// What can be done with an answer: copied with its sources, shared by a link, called right or wrong.

import { icon, make, toast } from "./dom.js";
import { feedback } from "./feedback.js";
import { json } from "./server.js";
import { printTurn } from "./printing.js";
import { t } from "./translate.js";

/** The row of buttons below an answer. `citations` have a number, a location and a quote. */
export function actions({ text, citations, conversation, turn }) {
  const copy = make("button", { className: "ghost", type: "button" }, icon("copy"), t("Copy"));
  copy.onclick = () => copyText(withSources(text, citations)).then(() => toast(t("Copied, with its sources.")), (error) => toast(error.message));
  const print = make("button", { className: "ghost", type: "button", "aria-label": t("Print, or save as PDF") }, icon("print"), t("PDF"));
  print.onclick = () => printTurn(print.closest(".turn"));
  if (!conversation) return make("div", { className: "actions" }, copy, print);
  const share = make("button", { className: "ghost", type: "button" }, icon("link"), t("Share"));
  share.onclick = () => shareLink(conversation, turn).catch((error) => toast(error.message));
  return make("div", { className: "actions" }, copy, print, share, ...feedback(conversation, turn));
}

/** Puts a link to the answer on the clipboard; the server shows it to those who may read its sources. */
async function shareLink(conversation, turn) {
  const body = JSON.stringify({ conversation, turn });
  const { id } = await json("api/shares", { method: "POST", headers: { "Content-Type": "application/json" }, body });
  await copyText(`${location.href.split("#")[0]}#shared=${id}`);
  toast(t("The link is copied. Only people who may read its sources can open it."));
  document.dispatchEvent(new Event("shared")); // the list of links is another module's
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
