// An answer: claims by verdict, its grade in words, citations, tables, retrieved passages, the context window.

import { fileName, make, toast } from "./dom.js";
import { post } from "./server.js";
import { show } from "./source.js";
import { rowWords, textParts } from "./tables.js";
import { t } from "./translate.js";

const VERDICTS = { supported: t("supported"), partial: t("partly supported"), unsupported: t("not supported"), unchecked: t("not checked") };

export function renderAnswer(a) {
  const parts = [];
  const isQuoted = a.model === "extractive"; // its claims are the quotes themselves: nothing else supports them
  const text = make("div", { className: `answer ${a.answered ? "" : "none"} ${isQuoted ? "quoted" : ""}` });
  let from = 0;
  for (const [claim, start, end] of claimRanges(a.text, a.claims)) {
    text.append(...body(a.text.slice(from, start), a));
    const title = claim.reason || (VERDICTS[claim.verdict] && claim.probability !== null
      ? `${VERDICTS[claim.verdict]} (${Math.round(100 * claim.probability)} %)` : VERDICTS[claim.verdict] || "");
    const nodes = body(a.text.slice(start, end), a);
    const tag = nodes.some((node) => node.className === "grid") ? "div" : "span";
    text.append(make(tag, isQuoted ? { className: "claim" } : { className: `claim ${claim.verdict}`, title }, ...nodes));
    from = end;
  }
  text.append(...body(a.text.slice(from), a));
  parts.push(text);
  const verdicts = {};
  for (const { verdict } of a.claims) verdicts[verdict] = (verdicts[verdict] || 0) + 1;
  const kind = a.table ? (a.table.computation ? "computed" : "table") : a.tool_results.length ? "tool" : "";
  const chips = [...grades({ ...a, isQuoted, verdicts, kind }), ...a.warnings.map((warning) => make("span", { className: "chip partial" }, warning))];
  if (chips.length) parts.push(make("div", { className: "legend" }, ...chips));
  if (a.table && a.table.rows.length > 1 && !text.querySelector(".grid")) parts.push(...resultTable(a.table));
  const isCited = a.answered || a.grade === "nearest";
  const nearest = a.hits.filter(() => !isCited).slice(0, 3);
  const cards = isCited ? a.citations.map((c) => card(c, c.number, c.quote, [], a.citations)) : nearest.map((h) => card(h, null, h.text, [], nearest));
  if (!isCited && cards.length) parts.push(make("p", { className: "empty" }, t("The nearest passages:")));
  if (cards.length) parts.push(make("ul", { className: "cards" }, ...cards.map((c) => make("li", {}, c))));
  if (a.tool_results.length) parts.push(toolCalls(a.tool_results));
  parts.push(retrieved(a));
  if (a.context) parts.push(contextWindow(a.context));
  return parts;
}

/** How sure an answer is, in words. Green is what was checked against documents that the answer did not quote. */
export function grades(a) {
  const chip = (kind, words) => make("span", { className: `chip ${kind}` }, words);
  const percent = a.probability === null ? null : Math.round(100 * a.probability);
  const chips = [];
  if (!a.answered) chips.push(chip("", a.reason || t("not in the documents")));
  else if (!a.isQuoted) {
    for (const verdict of Object.keys(VERDICTS)) {
      const count = a.verdicts[verdict];
      if (count) chips.push(chip(verdict, `${count} ${VERDICTS[verdict]}`));
    }
  } else if (a.grade === "confident" && percent !== null) chips.push(chip("quoted", t("quoted, likely right ({percent} %)", { percent })));
  else if (a.grade === "probable" && percent !== null) {
    chips.push(chip("partial", percent < 50 ? t("quoted, uncertain ({percent} %)", { percent }) : t("probably right ({percent} %)", { percent })));
  } else if (a.kind === "computed" || a.kind === "table") chips.push(chip("quoted", a.kind === "computed" ? t("computed from a table") : t("read from a table")));
  else if (a.kind === "tool") chips.push(chip("quoted", t("computed")));
  if (a.answered && a.reason) chips.push(chip("partial", a.reason));
  return chips;
}

function resultTable(table) {
  const rows = [table.columns, ...table.rows].map((row) => row.join(" | ")).join("\n");
  const parts = textParts(rows).map((part) => part.element).filter(Boolean);
  if (table.more) parts.push(make("p", { className: "empty" }, t("{count} more rows", { count: table.more })));
  if (table.computation) parts.push(make("details", {}, make("summary", {}, t("How it was computed")), make("pre", { tabIndex: 0 }, table.computation)));
  return parts;
}

/** Where each claim is in the text: claims come without the [n] that a model puts into them. */
function claimRanges(text, claims) {
  const bare = (s) => [...s.matchAll(/\[\d+\]|\s|[^\s]/gu)].filter((m) => /^\S$/u.test(m[0]));
  const letters = bare(text);
  const joined = letters.map((m) => m[0]).join("");
  const offsets = []; // for each UTF-16 unit of `joined`, its offset in the text
  for (const m of letters) for (let i = 0; i < m[0].length; i++) offsets.push(m.index + i);
  const ranges = [];
  let from = 0;
  for (const claim of claims) {
    const letters_ = bare(claim.text).map((m) => m[0]).join("");
    const start = letters_ ? joined.indexOf(letters_, from) : -1;
    if (start < 0) continue;
    from = start + letters_.length;
    ranges.push([claim, offsets[start], offsets[from - 1] + 1]);
  }
  return ranges;
}

/** Text of an answer: its tables as tables, each [n] of a citation as a button. */
export function body(text, a) {
  return textParts(text, (cell) => withCitations(cell, a)).flatMap((part) => part.element || withCitations(rowWords(part.text), a));
}

function withCitations(text, a) {
  return text.split(/(\[\d+\])/).map((part) => {
    const citation = /^\[(\d+)\]$/.exec(part) && a.citations.find((c) => `[${c.number}]` === part);
    if (!citation) return part;
    const button = make("button", { className: "cite", title: citation.location, "aria-label": t("Source {number}: {location}", citation) }, String(citation.number));
    button.onclick = () => show(citation, button, a.citations);
    return button;
  });
}

/** A passage or quote as a button that opens its page; `quotes` are those to step through from there. */
export function card(c, number, quote, more = [], quotes = null) {
  const page = c.format === "pdf" ? t("p. {page}", { page: c.page_label || c.page_number }) : "";
  const name = c.format === "tool" ? [c.location] : fileName(c.name.split("/").pop());
  const button = make("button", { className: "card" },
    make("span", { className: "where" }, number === null ? null : make("span", { className: "cite" }, String(number)),
      make("span", {}, ...name), make("small", {}, [page, ...(c.heading || []).slice(-1), ...more].filter(Boolean).join(" · "))),
    make("q", {}, rowWords(quote).replace(/\s+/g, " ").trim()));
  button.onclick = () => show(c, button, quotes);
  return button;
}

/** The calls of tools, failures included. */
function toolCalls(results) {
  const rows = results.map((r) => make("li", {}, make("p", { className: r.is_error ? "bad" : "" },
    `${r.name}(${Object.entries(r.arguments).map(([k, v]) => `${k}: ${v}`).join(", ")})`), make("pre", { tabIndex: 0 }, r.text)));
  return make("details", {}, make("summary", {}, t("Tool calls · {count}", { count: results.length })), make("ul", { className: "cards" }, ...rows));
}

function retrieved(a) {
  const rows = a.hits.map((h) => {
    const score = [t("score {score}", { score: h.score.toFixed(2) }), h.dense === null ? "" : t("meaning {score}", { score: h.dense.toFixed(2) }), h.lexical === null ? "" : t("words {score}", { score: h.lexical.toFixed(1) })];
    return make("li", {}, card(h, null, h.text, [score.filter(Boolean).join(", ")], a.hits), betterPassage(a, h));
  });
  const seconds = a.usage.total_s;
  const took = seconds < 1 ? `${Math.round(1000 * seconds)} ms` : `${seconds.toFixed(1)} s`;
  const rewritten = a.rewritten_question ? [make("p", {}, t("Searched for: {query}", { query: a.rewritten_question }))] : [];
  rewritten.push(...a.searches.map((query) => make("p", {}, t("Searched again for: {query}", { query }))));
  return make("details", {}, make("summary", {}, t("Retrieved · {count} passages · {time}", { count: a.hits.length, time: took })), ...rewritten, make("ul", { className: "cards" }, ...rows));
}

/** Says that a passage would have been the answer; it becomes a question of the evaluation. */
function betterPassage(a, hit) {
  if (!a.conversation) return null;
  const button = make("button", { className: "ghost small", type: "button" }, t("This passage answers it better"));
  button.onclick = () => post("api/feedback", { conversation: a.conversation, turn: a.turn, is_right: false, passage: { document_id: hit.document_id, page_number: hit.page_number, start: hit.start, end: hit.end } })
    .then(() => { button.disabled = true; toast(t("Thank you, that is noted.")); }).catch((error) => toast(error.message));
  return button;
}

function contextWindow(c) {
  const bar = make("div", { className: "ledger", role: "img", "aria-label": t("{tokens} of {window} tokens", c) });
  const keys = make("div", { className: "keys" });
  c.layers.forEach((layer, i) => {
    const piece = make("i", { className: `l${i % 7}`, title: t("{name}: {tokens} tokens", layer) });
    piece.style.width = `${(100 * layer.tokens) / c.window}%`;
    if (!layer.tokens) return;
    bar.append(piece);
    keys.append(make("span", {}, make("i", { className: `l${i % 7}` }), `${layer.name} ${layer.tokens}`));
  });
  return make("details", {}, make("summary", {}, t("Context · {tokens} of {window} tokens, {reserve} reserved for the answer", c)), bar, keys,
    make("p", {}, c.omitted.length ? t("{count} omitted: {reasons}", { count: c.omitted.length, reasons: [...new Set(c.omitted.map((o) => o.reason))].join("; ") }) : t("Nothing was omitted.")));
}
