// The source beside the answer: the image of a PDF page, or the document's own layout, with the quote marked.

import { $, fileName, make } from "./dom.js";
import { laidOut } from "./layout.js";
import { call, indexUrl, json, state } from "./server.js";
import { t } from "./translate.js";

const NARROW_PIXELS = 480; // of the place for a page: below it the quote is zoomed to
const MIN_ZOOM = 1.6, MAX_ZOOM = 1.9; // letters as large as in a text, with words around a short quote

/** Opens a source; `quotes` are those of the answer that it belongs to, to step through. */
export async function show(c, from, quotes = null) {
  for (const on of document.querySelectorAll(".cite.on, .card.on, .value.on")) on.classList.remove("on");
  from?.classList.add("on");
  const requested = (state.source = { ...c, from: from || state.source?.from, quotes: quotes || [] });
  $("source").hidden = false;
  $("sourcename").replaceChildren(...(c.format === "tool" ? [c.location] : fileName((c.name || c.document_id).split("/").pop())));
  $("sourceplace").textContent = "";
  $("zoom").hidden = true;
  $("summarize").hidden = c.format === "tool";
  $("whosees").hidden = c.format === "tool" || !state.me?.is_shared;
  showQuoteSteps(requested);
  if (c.format === "tool") { // what a tool gave back: there is no page of it
    $("sourceplace").textContent = t("computed");
    $("pages").hidden = true;
    $("sheet").replaceChildren(make("div", { className: "words" }, make("p", {}, make("mark", {}, c.quote))));
    if (from) $("source").focus({ preventScroll: true });
    return;
  }
  $("sheet").replaceChildren(make("div", { className: "load" }));
  const query = new URLSearchParams({ document_id: c.document_id, page_number: c.page_number, start: c.start || 0, end: c.end || 0 });
  try {
    const page = await json(indexUrl(`page?${query}`));
    if (state.source !== requested) return;
    $("sourceplace").textContent = page.pages > 1 ? t("page {label} ({page_number} of {pages})", { ...page, label: page.page_label || page.page_number }) : page.title || "";
    $("pages").hidden = page.pages <= 1;
    $("before").disabled = page.page_number <= 1;
    $("after").disabled = page.page_number >= page.pages;
    const parts = page.note ? [make("p", { className: "note" }, page.note)] : [];
    const paper = page.image ? await pageImage(page, query) : null;
    parts.push(paper || pageText(page, c));
    if (state.source !== requested) return;
    $("sheet").replaceChildren(...parts);
    if (from) $("source").focus({ preventScroll: true });
    if (paper) zoomTo(paper, page.image.boxes, $("sheet").clientWidth < NARROW_PIXELS);
    showMark();
  } catch (error) {
    if (state.source === requested) $("sheet").replaceChildren(make("p", { className: "bad", role: "alert" }, error.message));
  }
}

function showMark() {
  const marked = $("sheet").querySelector("mark, .paper i");
  const isWide = marked && marked.getBoundingClientRect().width > $("sheet").clientWidth;
  if (marked) marked.scrollIntoView({ block: "center", inline: isWide ? "start" : "center" }); else $("sheet").scrollTop = 0;
}

/** Makes the words of a page as large as one reads them; a phone shows a whole page too small. */
function zoomTo(paper, boxes, isZoomed) {
  const width = Math.max(...boxes.map((b) => b[0] + b[2])) - Math.min(...boxes.map((b) => b[0]));
  const zoom = boxes.length ? Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, 0.92 / width)) : MIN_ZOOM;
  $("zoom").hidden = false;
  const set = (zoomed) => {
    $("zoom").setAttribute("aria-pressed", String(zoomed));
    paper.style.width = zoomed ? `${100 * zoom}%` : "100%";
    showMark();
  };
  $("zoom").onclick = () => set($("zoom").getAttribute("aria-pressed") !== "true");
  set(isZoomed && boxes.length > 0);
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
  const isQuoted = c.end > c.start;
  const words = make("div", { className: "words" }, ...laidOut(page, isQuoted ? c.start : 0, isQuoted ? c.end : 0));
  if (!isQuoted || words.querySelector("mark")) return words;
  const letters = [...page.text]; // the quote is of words that the layout leaves out
  const part = (a, b) => letters.slice(a, b).join("");
  return make("div", { className: "words" }, make("p", {}, part(0, c.start), make("mark", {}, part(c.start, c.end)), part(c.end)));
}

// Steps: through the pages of the document, through the quotes of the answer

const position = (s) => s.quotes.findIndex((q) => q.document_id === s.document_id && q.page_number === s.page_number && q.start === s.start && q.end === s.end);

function showQuoteSteps(s) {
  const at = position(s);
  $("quotes").hidden = s.quotes.length < 2;
  $("quoteplace").textContent = t("{number} of {count}", { number: at < 0 ? "–" : at + 1, count: s.quotes.length });
  $("quotebefore").disabled = at <= 0;
  $("quoteafter").disabled = at >= s.quotes.length - 1;
}

export function turnPage(by) {
  const s = state.source;
  if (s) show({ ...s, page_number: s.page_number + by, start: 0, end: 0 }, null, s.quotes);
}
export function turnQuote(by) {
  const s = state.source, quote = s?.quotes[position(s) + by];
  if (quote) show(quote, null, s.quotes);
}
$("before").onclick = () => turnPage(-1);
$("after").onclick = () => turnPage(1);
$("quotebefore").onclick = () => turnQuote(-1);
$("quoteafter").onclick = () => turnQuote(1);
$("source").addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.altKey || e.metaKey) return;
  if (e.key === "ArrowLeft" && document.activeElement === $("source") && !$("before").disabled) turnPage(-1);
  else if (e.key === "ArrowRight" && document.activeElement === $("source") && !$("after").disabled) turnPage(1);
  else if (e.key === "n") turnQuote(1);
  else if (e.key === "p") turnQuote(-1);
});
export function closeSource() {
  $("source").hidden = true;
  const from = state.source?.from;
  state.source = null;
  for (const on of document.querySelectorAll(".cite.on, .card.on, .value.on")) on.classList.remove("on");
  (from?.isConnected ? from : $("question")).focus();
}
$("close").onclick = closeSource;
