// The page's own words in the reader's language, where there is a catalog of it.

import { messages } from "./messages.js";

const language = navigator.languages.map((l) => l.slice(0, 2)).find((l) => l === "en" || messages[l]) || "en";
const table = messages[language] || {};

/** A message with its places filled: t("{count} pages", { count: 3 }). */
export const t = (text, values = {}) => (table[text] || text).replace(/\{(\w+)\}/g, (_, name) => values[name]);

/** Puts the words of the page as it was delivered into the language. */
function translatePage() {
  if (!messages[language]) return;
  document.documentElement.lang = language;
  const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (nodes.nextNode()) {
    const text = nodes.currentNode.data.trim();
    if (table[text]) nodes.currentNode.data = nodes.currentNode.data.replace(text, () => table[text]);
  }
  for (const name of ["aria-label", "placeholder"]) {
    for (const element of document.querySelectorAll(`[${name}]`)) element.setAttribute(name, t(element.getAttribute(name)));
  }
}
translatePage();
