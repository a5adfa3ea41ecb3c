// The documents of a collection: what is listed, opened, removed.

import { $, make, toast } from "./dom.js";
import { at, call, json } from "./server.js";
import { show } from "./source.js";

export async function listed() {
  const { documents } = await json(at("documents"));
  $("count").textContent = documents.length || "";
  $("narrow").hidden = documents.length < 12;
  const wanted = $("narrow").value.toLowerCase();
  const shown = documents.filter((d) => `${d.name} ${d.title || ""}`.toLowerCase().includes(wanted));
  $("documents").replaceChildren(...shown.slice(0, 500).map(documentRow));
  if (!documents.length) $("documents").append(make("li", { className: "empty" }, "Nothing yet. Add a file to begin."));
}

function documentRow(d) {
  const short = d.name.split("/").pop();
  const open = make("button", { title: d.title ? `${d.title}\n${d.name}` : d.name },
    make("span", { className: `kind ${d.format}` }, ({ markdown: "md", text: "txt" }[d.format] || d.format).slice(0, 5)), make("span", { className: "t" }, short));
  open.onclick = () => show({ document: d.id, name: d.name, page: 1, start: 0, end: 0 });
  const remove = make("button", { className: "ghost x", "aria-label": `Remove ${short}` }, "✕");
  remove.onclick = async () => {
    if (!confirm(`Remove ${short} from the index?`)) return;
    try { await call(at(`documents?document=${encodeURIComponent(d.id)}`), { method: "DELETE" }); await listed(); }
    catch (error) { toast(error.message); }
  };
  return make("li", { className: "row" }, open, d.mine ? remove : null);
}
$("narrow").oninput = () => listed().catch(() => {});
