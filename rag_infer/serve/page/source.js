// The source beside the answer: the image of a PDF page with the quote marked, or its text.

import { $, make } from "./dom.js";
import { call, indexUrl, json, state } from "./server.js";
import { t } from "./translate.js";

export async function show(c, from) {
  for (const on of document.querySelectorAll(".cite.on, .card.on")) on.classList.remove("on");
  from?.classList.add("on");
  const requested = (state.source = { ...c, from: from || state.source?.from });
  $("source").hidden = false;
  $("sourcename").textContent = c.format === "tool" ? c.location : (c.name || c.document_id).split("/").pop();
  $("sourceplace").textContent = "";
  if (c.format === "tool") { // what a tool gave back: there is no page of it
    $("sourceplace").textContent = t("computed");
    $("before").disabled = $("after").disabled = true;
    $("sheet").replaceChildren(make("pre", { className: "words" }, make("mark", {}, c.quote)));
    if (from) $("source").focus({ preventScroll: true });
    return;
  }
  $("sheet").replaceChildren(make("div", { className: "load" }));
  const query = new URLSearchParams({ document_id: c.document_id, page_number: c.page_number, start: c.start || 0, end: c.end || 0 });
  try {
    const page = await json(indexUrl(`page?${query}`));
    if (state.source !== requested) return;
    requested.pages = page.pages;
    $("sourceplace").textContent = page.pages > 1 ? t("page {label} ({page_number} of {pages})", { ...page, label: page.page_label || page.page_number }) : page.title || "";
    $("before").disabled = page.page_number <= 1;
    $("after").disabled = page.page_number >= page.pages;
    const parts = page.note ? [make("p", { className: "note" }, page.note)] : [];
    if (page.image) parts.push(await pageImage(page, query)); else parts.push(pageText(page, c));
    if (state.source !== requested) return;
    $("sheet").replaceChildren(...parts);
    if (from) $("source").focus({ preventScroll: true });
    const marked = $("sheet").querySelector("mark, .paper i");
    if (marked) marked.scrollIntoView({ block: "center" }); else $("sheet").scrollTop = 0;
  } catch (error) {
    if (state.source === requested) $("sheet").replaceChildren(make("p", { className: "bad" }, error.message));
  }
}

async function pageImage(page, query) {
  const blob = await (await call(indexUrl(`page-image?${query}`))).blob();
  const image = make("img", { alt: page.text, width: page.image.width, height: page.image.height });
  image.src = URL.createObjectURL(blob);
  await image.decode();
  URL.revokeObjectURL(image.src);
  const boxes = page.image.boxes.map(([left, top, width, height]) => {
    const box = make("i", { "aria-hidden": "true" });
    Object.assign(box.style, { left: `${100 * left}%`, top: `${100 * top}%`, width: `${100 * width}%`, height: `${100 * height}%` });
    return box;
  });
  return make("div", { className: "paper" }, image, ...boxes);
}

function pageText(page, c) {
  // Lines of Markdown are broken for an editor; a space for the break leaves every offset as it is.
  const text = page.format === "markdown" ? page.text.replace(/(?<=[^\n])\n(?=[\p{L}(“"'*`])/gu, " ") : page.text;
  const letters = [...text]; // offsets count characters, not UTF-16 units
  const part = (a, b) => letters.slice(a, b).join("");
  const marked = c.end > c.start;
  return make("div", { className: "words" }, part(0, marked ? c.start : undefined),
    marked ? make("mark", {}, part(c.start, c.end)) : null, marked ? part(c.end) : null);
}

export function turnPage(by) {
  const s = state.source;
  if (s) show({ ...s, page_number: s.page_number + by, start: 0, end: 0 });
}
$("before").onclick = () => turnPage(-1);
$("after").onclick = () => turnPage(1);
export function closeSource() {
  $("source").hidden = true;
  const from = state.source?.from;
  state.source = null;
  for (const on of document.querySelectorAll(".cite.on, .card.on")) on.classList.remove("on");
  (from?.isConnected ? from : $("question")).focus();
}
$("close").onclick = closeSource;
