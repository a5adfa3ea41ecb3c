// Who can see a document, and changes of that: a dialog of the document that is open.

import { $, make, toast } from "./dom.js";
import { call, indexUrl, json, state } from "./server.js";
import { listDocuments } from "./documents.js";
import { t } from "./translate.js";

async function open() {
  const id = state.source.document_id;
  const access = await json(indexUrl(`access?${new URLSearchParams({ document_id: id })}`));
  $("accessname").textContent = $("sourcename").textContent;
  $("readers").replaceChildren(...readers(access).map((line) => make("li", {}, line)));
  $("accessform").hidden = !access.may_change;
  const names = [...new Set([...access.choices, ...access.groups])].sort();
  $("accessgroups").replaceChildren(box("", t("everyone"), access.is_everyone), ...names.map((name) => box(name, name, access.groups.includes(name))));
  $("accessnote").textContent = access.owner ? t("With nothing ticked it is for its owner alone.") : t("Rules of a .ragaccess file in the folder count again at its next indexing.");
  const note = $("accessnote").textContent;
  $("accessgroups").onchange = () => { $("accessnote").textContent = isLost(access) ? t("You are in none of these groups: you will not see it any more, nor be able to change this back.") : note; };
  $("accessform").onsubmit = (e) => { e.preventDefault(); change(id).catch((error) => toast(error.message)); };
  $("access").showModal();
}

function readers({ is_everyone: isEveryone, groups, people, owner }) {
  const lines = isEveryone ? [t("Everyone on this server")] : groups.map((name) => t("Group {name}", { name }));
  if (owner) lines.push(t("{name}, who uploaded it", { name: owner }));
  const others = people.filter((name) => name !== owner);
  if (others.length) lines.push(others.join(", "));
  return lines.length ? lines : [t("Some of your groups")];
}

function box(value, name, checked) {
  return make("label", {}, make("input", { type: "checkbox", value, checked }), name);
}

const tickedGroups = () => [...$("accessgroups").querySelectorAll("input:checked")].map((input) => input.value);

/** Whether what is ticked would hide the document from the one who ticks it. */
function isLost({ owner }) {
  const groups = tickedGroups();
  return owner !== state.me.name && groups.length > 0 && !groups.some((name) => !name || state.me.groups.includes(name));
}

async function change(document_id) {
  const ticked = tickedGroups();
  const body = JSON.stringify({ document_id, everyone: ticked.includes(""), groups: ticked.includes("") ? [] : ticked });
  await call(indexUrl("access"), { method: "PUT", headers: { "Content-Type": "application/json" }, body });
  $("access").close();
  toast(t("Changed. It counts from now on."));
  await listDocuments();
}

$("whosees").onclick = () => open().catch((error) => toast(error.message));
$("accessclose").onclick = () => $("access").close();
