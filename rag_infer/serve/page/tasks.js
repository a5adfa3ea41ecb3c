// What is done with whole documents: a summary of one, a table of fields over several. Neither is part of a
// conversation; their sources open like those of an answer.

import { $, fileName, make, toast } from "./dom.js";
import { body, card } from "./answer.js";
import { actions } from "./actions.js";
import { literal, scope } from "./documents.js";
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
  run(t("Table of {fields}", { fields: fields.join(", ") }), "extract", { fields, paths: [...scope.keys()].map(literal) }, (table) => {
    const quotes = table.rows.flatMap((row) => row.cells.map((cell) => cell.citation)).filter(Boolean);
    const head = make("tr", {}, ...[t("Document"), ...table.fields.map((f) => f.name)].map((name) => Object.assign(make("th", {}, name), { scope: "col" })));
    const rows = table.rows.map((row) => make("tr", {}, Object.assign(make("th", {}, ...fileName(row.name.split("/").pop())), { scope: "row" }), ...row.cells.map((cell) => extractedCell(cell, quotes))));
    const lines = [["", ...fields], ...table.rows.map((row) => [row.name, ...row.cells.map((cell) => cell.text || "")])].map((line) => line.join("\t"));
    return [grid([head, ...rows]), ...table.warnings.map((warning) => make("p", { className: "note" }, warning)), actions({ text: lines.join("\n"), citations: [] })];
  });
}

/** A value as a button that opens its source; a doubtful one says so. */
function extractedCell(cell, quotes) {
  if (!cell.text) return make("td", {}, "–");
  if (!cell.citation) return make("td", {}, cell.text);
  const percent = Math.round(100 * cell.probability);
  const open = make("button", { className: "value", type: "button" }, cell.text);
  open.onclick = () => show(cell.citation, open, quotes);
  return make("td", {}, open, cell.grade === "confident" ? null : make("span", { className: "chip partial" }, t("uncertain ({percent} %)", { percent })));
}

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
