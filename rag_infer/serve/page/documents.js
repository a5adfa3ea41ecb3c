// The documents of a collection: what is listed, opened, removed.

import { $, fileName, make, toast } from "./dom.js";
import { call, indexUrl, json, state } from "./server.js";
import { show } from "./source.js";
import { t } from "./translate.js";

/** Documents that alone are asked, by id; none: all. */
export const scope = new Map();

/** Globs of what alone is asked: a document's own, or a folder's and all below it. */
export const globs = () => [...scope.keys()].map((id) => id.replace(/[*?[\]]/g, (sign) => `[${sign}]`) + (id.endsWith("/") ? "*" : ""));

const KINDS = 6; // of documents that are named
const FEW = 30; // documents: folders of more are closed at first
const toggled = new Map(); // folders that were opened or closed

export async function listDocuments() {
  const { documents } = await json(indexUrl("documents"));
  $("count").textContent = documents.length || "";
  $("narrow").hidden = documents.length < 12;
  $("begin").hidden = documents.length > 0 || !state.me.may_write;
  $("indexed").textContent = documents.length ? contents(documents) : "";
  const filter = $("narrow").value.toLowerCase();
  const matches = documents.filter((d) => `${d.name} ${d.title || ""}`.toLowerCase().includes(filter));
  $("documents").replaceChildren(...rows(matches.slice(0, 500), filter || documents.length <= FEW));
  if (!documents.length) $("documents").append(make("li", { className: "empty" }, t("Nothing yet. Add a file to begin.")));
  const ids = new Set(documents.map((d) => d.document_id));
  for (const id of [...scope.keys()]) if (!ids.has(id) && !documents.some((d) => id.endsWith("/") && d.document_id.startsWith(id))) scope.delete(id);
  showScope();
  await suggest(documents.length);
}

/** What is indexed, in a line: how many documents of which kinds. */
function contents(documents) {
  const counts = new Map();
  for (const kind of documents.map((d) => kindOf(d).toUpperCase())) counts.set(kind, (counts.get(kind) || 0) + 1);
  const sorted = [...counts].sort((a, b) => b[1] - a[1]);
  const few = sorted.slice(0, sorted.length > KINDS ? KINDS - 1 : KINDS), others = sorted.slice(few.length).reduce((sum, [, n]) => sum + n, 0);
  const kinds = [...few.map(([kind, n]) => `${n} ${kind}`), ...(others ? [t("{count} others", { count: others })] : [])].join(", ");
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

/** Documents of no folder, then each folder with its own. */
function rows(documents, isOpen) {
  const folders = new Map();
  for (const d of documents) {
    const name = d.name.slice(0, d.name.lastIndexOf("/") + 1);
    folders.set(name, [...(folders.get(name) || []), d]);
  }
  const loose = folders.get("") || [];
  folders.delete("");
  return [...loose.map(documentRow), ...[...folders].sort().flatMap(([name, own]) => folderRows(name, own, isOpen))];
}

function folderRows(name, documents, isOpen) {
  const id = documents[0].document_id.slice(0, documents[0].document_id.lastIndexOf("/") + 1);
  const short = name.slice(0, -1);
  const list = make("ul", { "aria-label": short }, ...documents.map(documentRow));
  const open = make("button", { className: "folder", type: "button" },
    make("span", { className: "fold", "aria-hidden": "true" }, "›"), make("span", { className: "t" }, ...fileName(short)), make("span", { className: "count" }, String(documents.length)));
  const set = (isShown) => { list.hidden = !isShown; open.setAttribute("aria-expanded", String(isShown)); };
  open.onclick = () => { toggled.set(id, list.hidden); set(list.hidden); };
  set(toggled.get(id) ?? Boolean(isOpen));
  return [make("li", {}, make("div", { className: "row" }, open, only(id, name)), list)];
}

/** The box that lets a document or a folder alone be asked. */
function only(id, name) {
  const label = t("Ask {name} alone", { name });
  const box = make("input", { type: "checkbox", value: id, checked: scope.has(id), "aria-label": label, title: label });
  box.onchange = () => { if (box.checked) scope.set(id, name); else scope.delete(id); showScope(); };
  return box;
}

function showScope() {
  $("scope").hidden = !scope.size;
  $("compare").hidden = scope.size < 2 && ![...scope.keys()].some((id) => id.endsWith("/"));
  const names = [...scope.values()];
  $("scopetext").textContent = names.length === 1 ? t("Only {name}", { name: names[0] }) : t("Only {count} documents or folders", { count: names.length });
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
  const open = make("button", { type: "button", title: [d.title, d.name, ...d.copies].filter(Boolean).join("\n") },
    make("span", { className: "kind", "aria-hidden": "true" }, kindOf(d).slice(0, 4)),
    make("span", { className: "t" }, ...fileName(stem), extension ? make("span", { className: "hidden" }, `.${extension}`) : null));
  open.onclick = () => show({ document_id: d.document_id, name: d.name, page_number: 1, start: 0, end: 0 });
  const remove = make("button", { className: "ghost x", "aria-label": t("Remove {name}", { name: short }) }, "✕");
  remove.onclick = async () => {
    if (!confirm(t("Remove {name} from the index?", { name: short }))) return;
    try { await call(indexUrl(`documents?document_id=${encodeURIComponent(d.document_id)}`), { method: "DELETE" }); await listDocuments(); }
    catch (error) { toast(error.message); }
  };
  return make("li", { className: "row" }, open, only(d.document_id, short), d.is_own ? remove : null);
}
$("narrow").oninput = () => listDocuments().catch(() => {});
