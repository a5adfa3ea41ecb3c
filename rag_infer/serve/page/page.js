// The page: who is here, which collection, keys.

import { $, make, toast } from "./dom.js";
import { forgetToken, hasToken, json, login, post, state } from "./server.js";
import { askEverything, listDocuments } from "./documents.js";
import { closeMenu, listConversations, listShares, openShared } from "./history.js";
import { closeSource, show } from "./source.js";
import { newConversation, trouble } from "./thread.js";
import { follow } from "./uploads.js";
import "./access.js";
import "./asking.js";
import "./tasks.js";
import "./theme.js";
import { t } from "./translate.js";

$("menu").onclick = () => $("menu").setAttribute("aria-expanded", String($("side").classList.toggle("open")));
document.addEventListener("keydown", (e) => {
  if (document.querySelector("dialog[open]")) return; // which has Escape to itself
  if (e.key === "Escape") {
    if (state.stop) state.stop.abort();
    else if (!$("source").hidden) closeSource();
    else closeMenu();
  } else if (e.key === "/" && !/TEXTAREA|INPUT|SELECT/.test(document.activeElement.tagName)) {
    e.preventDefault();
    $("question").focus();
  }
});

const refresh = () => Promise.all([listDocuments(), listConversations(), listShares()]).catch((e) => toast(e.message));
$("index").onchange = () => { state.index = $("index").value; askEverything(); newConversation(); refresh(); };

/** A link to a shared answer, #shared=..., or one of the API's annotations: #index=...&document_id=...&page_number=...&start=...&end=... */
function followLink() {
  const link = new URLSearchParams(location.hash.slice(1));
  if (link.get("shared")) openShared(link.get("shared")).catch((e) => toast(e.message));
  if (!link.get("document_id") || !state.me.indexes.includes(link.get("index"))) return;
  state.index = $("index").value = link.get("index");
  const number = (key) => Number(link.get(key)) || 0;
  const name = link.get("document_id");
  show({ document_id: name, name, page_number: number("page_number") || 1, start: number("start"), end: number("end") });
}

async function begin() {
  try {
    const me = (state.me = await json("api/me"));
    $("index").replaceChildren(...me.indexes.map((i) => make("option", { value: i }, i)));
    $("model").replaceChildren(...me.models.map((m) => make("option", { value: m }, m === "extractive" ? t("Quotes only") : m)));
    $("index").parentElement.hidden = me.indexes.length < 2;
    $("model").parentElement.hidden = me.models.length < 2;
    $("who").textContent = me.is_shared ? me.name : "";
    $("signout").hidden = !me.is_signed_on && !hasToken();
    $("share").replaceChildren(make("option", { value: "" }, t("me alone")),
      ...me.groups.map((g) => make("option", { value: g }, g)), make("option", { value: "everyone" }, t("everyone")));
    $("sharing").hidden = !me.is_shared || !me.may_write;
    $("drop").hidden = !me.may_write;
    state.index = me.indexes[0];
    // Before anything is uploaded from here, which would be listed too and counted twice.
    const { jobs } = await json("api/jobs");
    state.setIdentified();
    for (const job of jobs.filter((j) => j.state === "queued" || j.state === "running")) follow(job.id, job.name);
    followLink();
    await refresh();
    $("question").focus();
  } catch (error) {
    if ($("login").open) return;
    $("documents").replaceChildren();
    $("welcome").before(trouble(error.message, (e) => { e.target.parentElement.remove(); begin(); }));
  }
}
$("signout").onclick = async () => {
  if (state.me.is_signed_on) await post("sign-out", {}).catch((e) => toast(e.message));
  forgetToken();
  location.reload();
};
login.onToken = begin;
begin();
addEventListener("hashchange", followLink);
