// An answer: claims by verdict, citations, retrieved passages, the context window.

import { make } from "./dom.js";
import { show } from "./source.js";
import { t } from "./translate.js";

const VERDICTS = { supported: t("supported"), partial: t("partly supported"), unsupported: t("not supported") };

export function renderAnswer(a) {
  const parts = [];
  const text = make("div", { className: `answer ${a.answered ? "" : "none"} ${a.model === "extractive" ? "quoted" : ""}` });
  let from = 0;
  for (const [claim, start, end] of claimRanges(a.text, a.claims)) {
    text.append(...withCitations(a.text.slice(from, start), a));
    const title = claim.reason || (VERDICTS[claim.verdict] && claim.probability !== null
      ? `${VERDICTS[claim.verdict]} (${Math.round(100 * claim.probability)} %)` : VERDICTS[claim.verdict] || "");
    text.append(make("span", { className: `claim ${claim.verdict}`, title }, ...withCitations(a.text.slice(start, end), a)));
    from = end;
  }
  text.append(...withCitations(a.text.slice(from), a));
  parts.push(text);
  const chips = [];
  for (const verdict of a.model === "extractive" ? [] : Object.keys(VERDICTS)) {
    const count = a.claims.filter((c) => c.verdict === verdict).length;
    if (count) chips.push(make("span", { className: `chip ${verdict}` }, `${count} ${VERDICTS[verdict]}`));
  }
  if (a.grade === "probable" && a.probability !== null) chips.push(make("span", { className: "chip partial" }, t("probably right ({percent} %)", { percent: Math.round(100 * a.probability) })));
  if (a.reason) chips.push(make("span", { className: "chip" }, a.reason));
  for (const warning of a.warnings) chips.push(make("span", { className: "chip partial" }, warning));
  if (chips.length) parts.push(make("div", { className: "legend" }, ...chips));
  const isQuoted = a.answered || a.grade === "nearest";
  const nearest = a.hits.filter(() => !isQuoted).slice(0, 3);
  const cards = isQuoted ? a.citations.map((c) => card(c, c.number, c.quote)) : nearest.map((h) => card(h, null, h.text));
  if (!isQuoted && cards.length) parts.push(make("p", { className: "empty" }, t("The nearest passages:")));
  if (cards.length) parts.push(make("ul", { className: "cards" }, ...cards.map((c) => make("li", {}, c))));
  if (a.tool_results.length) parts.push(toolCalls(a.tool_results));
  parts.push(retrieved(a));
  if (a.context) parts.push(contextWindow(a.context));
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

/** Text with each [n] of a citation as a button. */
export function withCitations(text, a) {
  return text.split(/(\[\d+\])/).map((part) => {
    const citation = /^\[(\d+)\]$/.exec(part) && a.citations.find((c) => `[${c.number}]` === part);
    if (!citation) return part;
    const button = make("button", { className: "cite", title: citation.location, "aria-label": t("Source {number}: {location}", citation) }, String(citation.number));
    button.onclick = () => show(citation, button);
    return button;
  });
}

/** A passage or quote as a button that opens its page. */
export function card(c, number, quote, more = []) {
  const page = c.format === "pdf" ? t("p. {page}", { page: c.page_label || c.page_number }) : "";
  const button = make("button", { className: "card" },
    make("span", { className: "where" }, number === null ? null : make("span", { className: "cite" }, String(number)),
      make("span", {}, c.format === "tool" ? c.location : c.name.split("/").pop()), make("small", {}, [page, ...(c.heading || []).slice(-1), ...more].filter(Boolean).join(" · "))),
    make("q", {}, quote.replace(/\s+/g, " ").trim()));
  button.onclick = () => show(c, button);
  return button;
}

/** The calls of tools, failures included. */
function toolCalls(results) {
  const rows = results.map((r) => make("li", {}, make("p", { className: r.is_error ? "bad" : "" },
    `${r.name}(${Object.entries(r.arguments).map(([k, v]) => `${k}: ${v}`).join(", ")})`), make("pre", {}, r.text)));
  return make("details", {}, make("summary", {}, t("Tool calls · {count}", { count: results.length })), make("ul", { className: "cards" }, ...rows));
}

function retrieved(a) {
  const rows = a.hits.map((h) => {
    const score = [t("score {score}", { score: h.score.toFixed(2) }), h.dense === null ? "" : t("meaning {score}", { score: h.dense.toFixed(2) }), h.lexical === null ? "" : t("words {score}", { score: h.lexical.toFixed(1) })];
    return make("li", {}, card(h, null, h.text, [score.filter(Boolean).join(", ")]));
  });
  const seconds = a.usage.total_s;
  const took = seconds < 1 ? `${Math.round(1000 * seconds)} ms` : `${seconds.toFixed(1)} s`;
  const rewritten = a.rewritten_question ? [make("p", {}, t("Searched for: {query}", { query: a.rewritten_question }))] : [];
  rewritten.push(...a.searches.map((query) => make("p", {}, t("Searched again for: {query}", { query }))));
  return make("details", {}, make("summary", {}, t("Retrieved · {count} passages · {time}", { count: a.hits.length, time: took })), ...rewritten, make("ul", { className: "cards" }, ...rows));
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
