// The documents of a collection: what is listed, opened, removed.

import { $, fileName, make, toast } from "./dom.js";
import { call, indexUrl, json, state } from "./server.js";
import { show } from "./source.js";
import { t } from "./translate.js";

/** Documents that alone are asked, by id; none: all. */
export const scope = new Map();

/** A document's id as a glob that matches it alone. */
export const literal = (id) => id.replace(/[*?[\]]/g, (sign) => `[${sign}]`);

export async function listDocuments() {
  const { documents } = await json(indexUrl("documents"));
  $("count").textContent = documents.length || "";
  $("narrow").hidden = documents.length < 12;
  $("begin").hidden = documents.length > 0 || !state.me.may_write;
  $("indexed").textContent = documents.length ? contents(documents) : "";
  const filter = $("narrow").value.toLowerCase();
  const matches = documents.filter((d) => `${d.name} ${d.title || ""}`.toLowerCase().includes(filter));
  $("documents").replaceChildren(...matches.slice(0, 500).map(documentRow));
  if (!documents.length) $("documents").append(make("li", { className: "empty" }, t("Nothing yet. Add a file to begin.")));
  const ids = new Set(documents.map((d) => d.document_id));
  for (const id of [...scope.keys()]) if (!ids.has(id)) scope.delete(id);
  showScope();
  await suggest(documents.length);
}

/** What is indexed, in a line: how many documents of which kinds. */
function contents(documents) {
  const counts = new Map();
  for (const kind of documents.map((d) => kindOf(d).toUpperCase())) counts.set(kind, (counts.get(kind) || 0) + 1);
  const kinds = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 5).map(([kind, n]) => `${n} ${kind}`).join(", ");
  return documents.length === 1 ? t("1 document is indexed.") : t("{count} documents are indexed: {kinds}.", { count: documents.length, kinds });
}

/** Questions to begin with, where nothing was asked yet. */
async function suggest(count) {
  const { questions } = count ? await json(indexUrl("suggestions")) : { questions: [] };
  $("suggestions").replaceChildren(...questions.map((question) => {
    const button = make("button", { type: "button" }, question);
    button.onclick = () => { $("question").value = question; $("ask").requestSubmit(); };
    return make("li", {}, button);
  }));
}

function showScope() {
  $("scope").hidden = !scope.size;
  const names = [...scope.values()];
  $("scopetext").textContent = names.length === 1 ? t("Only {name}", { name: names[0] }) : t("Only {count} documents", { count: names.length });
  for (const box of document.querySelectorAll("#documents input")) box.checked = scope.has(box.value);
}
export function askEverything() { scope.clear(); showScope(); }
$("everything").onclick = () => { askEverything(); $("question").focus(); };

const extensionOf = (name) => /\.(\w{1,4})$/.exec(name)?.[1];
const kindOf = (d) => extensionOf(d.name) || { markdown: "md", text: "txt" }[d.format] || d.format;

function documentRow(d) {
  const short = d.name.split("/").pop();
  const extension = extensionOf(short);
  const stem = extension ? short.slice(0, -extension.length - 1) : short;
  const open = make("button", { type: "button", title: d.title ? `${d.title}\n${d.name}` : d.name },
    make("span", { className: "kind", "aria-hidden": "true" }, kindOf(d).slice(0, 4)),
    make("span", { className: "t" }, ...fileName(stem), extension ? make("span", { className: "hidden" }, `.${extension}`) : null));
  open.onclick = () => show({ document_id: d.document_id, name: d.name, page_number: 1, start: 0, end: 0 });
  const only = make("input", { type: "checkbox", value: d.document_id, checked: scope.has(d.document_id), "aria-label": t("Ask {name} alone", { name: short }), title: t("Ask {name} alone", { name: short }) });
  only.onchange = () => { if (only.checked) scope.set(d.document_id, short); else scope.delete(d.document_id); showScope(); };
  const remove = make("button", { className: "ghost x", "aria-label": t("Remove {name}", { name: short }) }, "✕");
  remove.onclick = async () => {
    if (!confirm(t("Remove {name} from the index?", { name: short }))) return;
    try { await call(indexUrl(`documents?document_id=${encodeURIComponent(d.document_id)}`), { method: "DELETE" }); await listDocuments(); }
    catch (error) { toast(error.message); }
  };
  return make("li", { className: "row" }, open, only, d.is_own ? remove : null);
}
$("narrow").oninput = () => listDocuments().catch(() => {});
