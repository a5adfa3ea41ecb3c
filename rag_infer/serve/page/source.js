// The source beside the answer: a page of a PDF with the words marked, or its text.

import { $, make } from "./dom.js";
import { at, call, json, state } from "./server.js";

export async function show(c, from) {
  for (const on of document.querySelectorAll(".cite.on, .card.on")) on.classList.remove("on");
  from?.classList.add("on");
  const wanted = (state.source = { ...c, from: from || state.source?.from });
  $("source").hidden = false;
  $("sourcename").textContent = c.format === "tool" ? c.place : (c.name || c.document).split("/").pop();
  $("sourceplace").textContent = "";
  if (c.format === "tool") { // what a tool gave back: there is no page of it
    $("sourceplace").textContent = "computed";
    $("before").disabled = $("after").disabled = true;
    $("sheet").replaceChildren(make("pre", { className: "words" }, make("mark", {}, c.quote)));
    if (from) $("source").focus({ preventScroll: true });
    return;
  }
  $("sheet").replaceChildren(make("div", { className: "load" }));
  const asked = new URLSearchParams({ document: c.document, page: c.page, start: c.start || 0, end: c.end || 0 });
  try {
    const page = await json(at(`page?${asked}`));
    if (state.source !== wanted) return;
    wanted.pages = page.pages;
    $("sourceplace").textContent = page.pages > 1 ? `page ${page.label || page.number} (${page.number} of ${page.pages})` : page.title || "";
    $("before").disabled = page.number <= 1;
    $("after").disabled = page.number >= page.pages;
    const out = page.note ? [make("p", { className: "note" }, page.note)] : [];
    if (page.picture) out.push(await paper(page, asked)); else out.push(words(page, c));
    if (state.source !== wanted) return;
    $("sheet").replaceChildren(...out);
    if (from) $("source").focus({ preventScroll: true });
    const marked = $("sheet").querySelector("mark, .paper i");
    if (marked) marked.scrollIntoView({ block: "center" }); else $("sheet").scrollTop = 0;
  } catch (error) {
    if (state.source === wanted) $("sheet").replaceChildren(make("p", { className: "bad" }, error.message));
  }
}

async function paper(page, asked) {
  const blob = await (await call(at(`picture?${asked}`))).blob();
  const image = make("img", { alt: page.text, width: page.picture.width, height: page.picture.height });
  image.src = URL.createObjectURL(blob);
  await image.decode();
  URL.revokeObjectURL(image.src);
  const boxes = page.picture.boxes.map(([left, top, width, height]) => {
    const box = make("i", { "aria-hidden": "true" });
    Object.assign(box.style, { left: `${100 * left}%`, top: `${100 * top}%`, width: `${100 * width}%`, height: `${100 * height}%` });
    return box;
  });
  return make("div", { className: "paper" }, image, ...boxes);
}

function words(page, c) {
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
  if (s) show({ ...s, page: s.page + by, start: 0, end: 0 });
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
