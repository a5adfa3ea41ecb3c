// The documents of a collection: what is listed, opened, removed.

import { $, make, toast } from "./dom.js";
import { call, indexUrl, json } from "./server.js";
import { show } from "./source.js";
import { t } from "./translate.js";

/** Documents that alone are asked, by id; none: all. */
export const scope = new Map();

export async function listDocuments() {
  const { documents } = await json(indexUrl("documents"));
  $("count").textContent = documents.length || "";
  $("narrow").hidden = documents.length < 12;
  const filter = $("narrow").value.toLowerCase();
  const matches = documents.filter((d) => `${d.name} ${d.title || ""}`.toLowerCase().includes(filter));
  $("documents").replaceChildren(...matches.slice(0, 500).map(documentRow));
  if (!documents.length) $("documents").append(make("li", { className: "empty" }, t("Nothing yet. Add a file to begin.")));
  const ids = new Set(documents.map((d) => d.document_id));
  for (const id of [...scope.keys()]) if (!ids.has(id)) scope.delete(id);
  showScope();
  await suggest(documents.length);
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

const TAIL = 14; // characters of a long name that stay: dates, numbers and the extension tell documents apart

function documentRow(d) {
  const short = d.name.split("/").pop();
  const extension = /\.(\w{1,4})$/.exec(short);
  const kind = extension ? extension[1] : { markdown: "md", text: "txt" }[d.format] || d.format;
  const open = make("button", { title: d.title ? `${d.title}\n${d.name}` : d.name },
    make("span", { className: `kind kind-${d.format}` }, kind.slice(0, 4)), make("span", { className: "t" }, short.slice(0, -TAIL)), make("span", { className: "tail" }, short.slice(-TAIL)));
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
