// The documents of a collection: what is listed, opened, removed.

import { $, make, toast } from "./dom.js";
import { call, indexUrl, json } from "./server.js";
import { show } from "./source.js";
import { t } from "./translate.js";

export async function listDocuments() {
  const { documents } = await json(indexUrl("documents"));
  $("count").textContent = documents.length || "";
  $("narrow").hidden = documents.length < 12;
  const filter = $("narrow").value.toLowerCase();
  const matches = documents.filter((d) => `${d.name} ${d.title || ""}`.toLowerCase().includes(filter));
  $("documents").replaceChildren(...matches.slice(0, 500).map(documentRow));
  if (!documents.length) $("documents").append(make("li", { className: "empty" }, t("Nothing yet. Add a file to begin.")));
}

function documentRow(d) {
  const short = d.name.split("/").pop();
  const open = make("button", { title: d.title ? `${d.title}\n${d.name}` : d.name },
    make("span", { className: `kind ${d.format}` }, ({ markdown: "md", text: "txt" }[d.format] || d.format).slice(0, 5)), make("span", { className: "t" }, short));
  open.onclick = () => show({ document_id: d.document_id, name: d.name, page_number: 1, start: 0, end: 0 });
  const remove = make("button", { className: "ghost x", "aria-label": t("Remove {name}", { name: short }) }, "✕");
  remove.onclick = async () => {
    if (!confirm(t("Remove {name} from the index?", { name: short }))) return;
    try { await call(indexUrl(`documents?document_id=${encodeURIComponent(d.document_id)}`), { method: "DELETE" }); await listDocuments(); }
    catch (error) { toast(error.message); }
  };
  return make("li", { className: "row" }, open, d.is_own ? remove : null);
}
$("narrow").oninput = () => listDocuments().catch(() => {});
