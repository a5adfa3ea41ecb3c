// What is done with whole documents: a summary of one, a table of fields over several. Neither is part of a
// conversation; their sources open like those of an answer.

import { $, fileName, make, toast } from "./dom.js";
import { body, card } from "./answer.js";
import { actions } from "./actions.js";
import { globs } from "./documents.js";
import { grid } from "./layout.js";
import { indexUrl, post, state } from "./server.js";
import { show } from "./source.js";
import { appendTurn, showStatus, trouble } from "./thread.js";
import { t } from "./translate.js";

const POINTS = 5;

/** Runs a task as a turn of the thread; `render` makes the elements of what came back. */
async function run(title, path, request, render) {
  const place = appendTurn(title);
  showStatus(place, t("Reading"));
  try {
    place.replaceChildren(...render(await (await post(indexUrl(path), request)).json()));
  } catch (error) {
    place.replaceChildren(trouble(error.message, () => { place.parentElement.remove(); run(title, path, request, render); }));
  }
  $("thread").scrollTop = $("thread").scrollHeight;
}

function summarize(id, name) {
  run(t("Summarize {name}", { name }), "summarize", { document_id: id, bullets: POINTS }, (summary) => {
    const lines = summary.points.map((point) => `${point.text} ${point.citations.map((n) => `[${n}]`).join(" ")}`);
    const list = make("ul", {}, ...lines.map((line) => make("li", {}, ...body(line, summary))));
    return [make("div", { className: "answer quoted" }, list),
      make("ul", { className: "cards" }, ...summary.citations.map((c) => make("li", {}, card(c, c.number, c.quote, [], summary.citations)))),
      actions({ text: lines.map((line) => `- ${line}`).join("\n"), citations: summary.citations })];
  });
}

function extract(fields) {
  run(t("Table of {fields}", { fields: fields.join(", ") }), "extract", { fields, paths: globs() }, (table) => {
    const quotes = table.rows.flatMap((row) => row.cells.map((cell) => cell.citation)).filter(Boolean);
    const rows = table.rows.map((row) => make("tr", {}, Object.assign(make("th", {}, ...fileName(row.name.split("/").pop())), { scope: "row" }), ...row.cells.map((cell) => extractedCell(cell, quotes))));
    const lines = [["", ...fields], ...table.rows.map((row) => [row.name, ...row.cells.map((cell) => cell.text || "")])].map((line) => line.join("\t"));
    return [grid([head([t("Document"), ...table.fields.map((f) => f.name)]), ...rows]), ...table.warnings.map((warning) => make("p", { className: "note" }, warning)), actions({ text: lines.join("\n"), citations: [] })];
  });
}

const KINDS = { conflict: t("differs"), changed: t("changed over time") };

/** Statements of the documents that are ticked which say different things of the same. */
function compare() {
  run(t("Compare documents"), "conflicts", { paths: globs() }, (report) => {
    const quotes = report.conflicts.flatMap((c) => c.statements.map((s) => s.citation));
    const parts = report.conflicts.flatMap((conflict) => {
      const rows = conflict.statements.map((s) => make("tr", {}, Object.assign(make("th", {}, ...fileName(s.citation.name.split("/").pop())), { scope: "row" }), make("td", {}, value(s.value, s.citation, quotes)), make("td", {}, s.date || "–")));
      return [make("h2", { className: "differs" }, conflict.subject, " ", make("span", { className: `chip ${conflict.kind === "conflict" ? "unsupported" : ""}` }, KINDS[conflict.kind])),
        grid([head([t("Document"), t("Statement"), t("Date")]), ...rows], null, conflict.subject)];
    });
    const said = report.conflicts.length ? t("{count} documents were compared.", { count: report.read }) : t("{count} documents were compared: no statement of one differs from another's.", { count: report.read });
    const lines = report.conflicts.flatMap((c) => [c.subject, ...c.statements.map((s) => `  ${s.value} – ${s.citation.location}`)]);
    return [make("p", { className: "empty" }, said), ...parts, ...report.warnings.map((warning) => make("p", { className: "note" }, warning)), actions({ text: [said, ...lines].join("\n"), citations: [] })];
  });
}

const head = (names) => make("tr", {}, ...names.map((name) => Object.assign(make("th", {}, name), { scope: "col" })));

/** A value as a button that opens its source; a doubtful one says so. */
function extractedCell(cell, quotes) {
  if (!cell.text) return make("td", {}, "–");
  if (!cell.citation) return make("td", {}, cell.text);
  const percent = Math.round(100 * cell.probability);
  return make("td", {}, value(cell.text, cell.citation, quotes), cell.grade === "confident" ? null : make("span", { className: "chip partial" }, t("uncertain ({percent} %)", { percent })));
}

function value(text, citation, quotes) {
  const open = make("button", { className: "value", type: "button" }, text);
  open.onclick = () => show(citation, open, quotes);
  return open;
}

$("compare").onclick = compare;
$("summarize").onclick = () => {
  const { document_id: id, name } = state.source;
  summarize(id, (name || id).split("/").pop());
  if ($("source").clientWidth >= innerWidth) $("close").click(); // a phone shows one of both
};
$("fields").onsubmit = (e) => {
  e.preventDefault();
  const fields = $("fieldnames").value.split(/[,;]/).map((name) => name.trim()).filter(Boolean);
  if (!fields.length) { toast(t("Name at least one field.")); return; }
  extract(fields);
};
