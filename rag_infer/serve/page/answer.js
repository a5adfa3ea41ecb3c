// An answer: claims by verdict, citations, what was searched, what the window held.

import { make } from "./dom.js";
import { show } from "./source.js";

const VERDICTS = { supported: "supported", partial: "partly supported", unsupported: "not supported" };

export function answered(a) {
  const out = [];
  const text = make("div", { className: `answer ${a.answered ? "" : "none"} ${a.generator === "extractive" ? "quoted" : ""}` });
  let from = 0;
  for (const [claim, start, end] of placed(a.text, a.claims)) {
    text.append(...numbered(a.text.slice(from, start), a));
    const title = claim.reason || (VERDICTS[claim.verdict] && claim.probability !== null
      ? `${VERDICTS[claim.verdict]} (${Math.round(100 * claim.probability)} %)` : VERDICTS[claim.verdict] || "");
    text.append(make("span", { className: `claim ${claim.verdict}`, title }, ...numbered(a.text.slice(start, end), a)));
    from = end;
  }
  text.append(...numbered(a.text.slice(from), a));
  out.push(text);
  const chips = [];
  for (const verdict of a.generator === "extractive" ? [] : Object.keys(VERDICTS)) {
    const count = a.claims.filter((c) => c.verdict === verdict).length;
    if (count) chips.push(make("span", { className: `chip ${verdict}` }, `${count} ${VERDICTS[verdict]}`));
  }
  if (a.reason) chips.push(make("span", { className: "chip" }, a.reason));
  for (const warning of a.warnings) chips.push(make("span", { className: "chip partial" }, warning));
  if (chips.length) out.push(make("div", { className: "legend" }, ...chips));
  const near = a.hits.filter((h) => !a.answered).slice(0, 3);
  const cards = a.answered ? a.citations.map((c) => card(c, c.number, c.quote)) : near.map((h) => card(h, null, h.text));
  if (!a.answered && cards.length) out.push(make("p", { className: "empty" }, "The nearest passages:"));
  if (cards.length) out.push(make("ul", { className: "cards" }, ...cards.map((c) => make("li", {}, c))));
  if (a.results.length) out.push(asked(a.results));
  out.push(searched(a));
  if (a.context) out.push(ledger(a.context));
  return out;
}

/** Where each claim stands in the text: claims are told without the [n] that a model puts into them. */
function placed(text, claims) {
  const bare = (s) => [...s.matchAll(/\[\d+\]|\s|[^\s]/gu)].filter((m) => /^\S$/u.test(m[0]));
  const letters = bare(text);
  const whole = letters.map((m) => m[0]).join("");
  const at = []; // for each UTF-16 unit of `whole`, its place in the text
  for (const m of letters) for (let i = 0; i < m[0].length; i++) at.push(m.index + i);
  const found = [];
  let from = 0;
  for (const claim of claims) {
    const wanted = bare(claim.text).map((m) => m[0]).join("");
    const start = wanted ? whole.indexOf(wanted, from) : -1;
    if (start < 0) continue;
    from = start + wanted.length;
    found.push([claim, at[start], at[from - 1] + 1]);
  }
  return found;
}

/** Text with each [n] that leads somewhere as a button. */
export function numbered(text, a) {
  return text.split(/(\[\d+\])/).map((part) => {
    const found = /^\[(\d+)\]$/.exec(part) && a.citations.find((c) => `[${c.number}]` === part);
    if (!found) return part;
    const button = make("button", { className: "cite", title: found.place, "aria-label": `Source ${found.number}: ${found.place}` }, String(found.number));
    button.onclick = () => show(found, button);
    return button;
  });
}

/** A passage or quote as a button that opens its page. */
export function card(c, number, quote, more = []) {
  const page = c.format === "pdf" ? `p. ${c.page_label || c.page}` : "";
  const button = make("button", { className: "card" },
    make("span", { className: "where" }, number === null ? null : make("span", { className: "cite" }, String(number)),
      make("span", {}, c.format === "tool" ? c.place : c.name.split("/").pop()), make("small", {}, [page, ...(c.heading || []).slice(-1), ...more].filter(Boolean).join(" · "))),
    make("q", {}, quote.replace(/\s+/g, " ").trim()));
  button.onclick = () => show(c, button);
  return button;
}

/** What a model asked of tools, failures included. */
function asked(results) {
  const rows = results.map((r) => make("li", {}, make("p", { className: r.failed ? "bad" : "" },
    `${r.tool}(${Object.entries(r.arguments).map(([k, v]) => `${k}: ${v}`).join(", ")})`), make("pre", {}, r.text)));
  return make("details", {}, make("summary", {}, `Asked on the way · ${results.length}`), make("ul", { className: "cards" }, ...rows));
}

function searched(a) {
  const rows = a.hits.map((h) => {
    const score = [`score ${h.score.toFixed(2)}`, h.dense === null ? "" : `meaning ${h.dense.toFixed(2)}`, h.lexical === null ? "" : `words ${h.lexical.toFixed(1)}`];
    return make("li", {}, card(h, null, h.text, [score.filter(Boolean).join(", ")]));
  });
  const seconds = a.usage.total_s;
  const took = seconds < 1 ? `${Math.round(1000 * seconds)} ms` : `${seconds.toFixed(1)} s`;
  const anew = a.searched ? [make("p", {}, `Searched for: ${a.searched}`)] : [];
  return make("details", {}, make("summary", {}, `What was searched · ${a.hits.length} passages · ${took}`), ...anew, make("ul", { className: "cards" }, ...rows));
}

function ledger(c) {
  const bar = make("div", { className: "ledger", role: "img", "aria-label": `${c.tokens} of ${c.window} tokens` });
  const keys = make("div", { className: "keys" });
  c.layers.forEach((layer, i) => {
    const piece = make("i", { className: `l${i % 7}`, title: `${layer.name}: ${layer.tokens} tokens` });
    piece.style.width = `${(100 * layer.tokens) / c.window}%`;
    if (!layer.tokens) return;
    bar.append(piece);
    keys.append(make("span", {}, make("i", { className: `l${i % 7}` }), `${layer.name} ${layer.tokens}`));
  });
  return make("details", {}, make("summary", {}, `Context · ${c.tokens} of ${c.window} tokens, ${c.reserve} kept for the answer`), bar, keys,
    make("p", {}, c.left_out.length ? `${c.left_out.length} left out: ${[...new Set(c.left_out.map((l) => l.why))].join("; ")}` : "Nothing was left out."));
}
