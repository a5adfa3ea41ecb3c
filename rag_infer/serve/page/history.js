// Earlier conversations: listed, searched, taken up again, renamed, exported, deleted; answers that others shared.

import { $, make, toast } from "./dom.js";
import { call, json, state } from "./server.js";
import { actions } from "./actions.js";
import { body, card, grades } from "./answer.js";
import { appendTurn, newConversation } from "./thread.js";
import { t } from "./translate.js";

const SEEK_FROM = 6; // conversations: fewer are seen at a glance

/** One's own links to answers, each of which can be withdrawn. */
export async function listShares() {
  const { shares } = await json("api/shares");
  $("links").hidden = !shares.length;
  $("linkcount").textContent = t("Shared links · {count}", { count: shares.length });
  $("shares").replaceChildren(...shares.map((share) => {
    const open = make("button", { title: share.question }, make("span", { className: "t" }, share.question));
    open.onclick = () => openShared(share.id).then(closeMenu, (e) => toast(e.message));
    const withdraw = make("button", { className: "ghost x", "aria-label": t("Withdraw the link to {name}", { name: share.question }) }, "✕");
    withdraw.onclick = async () => {
      await call(`api/shares/${share.id}`, { method: "DELETE" }).then(() => toast(t("The link opens for nobody any more.")), (e) => toast(e.message));
      await listShares();
    };
    return make("li", { className: "row" }, open, withdraw);
  }));
}

export async function listConversations() {
  const words = $("seek").value.trim();
  const { conversations } = await json(`api/conversations?${new URLSearchParams({ words })}`);
  const ofIndex = conversations.filter((c) => c.index === state.index).slice(0, 200);
  $("seek").hidden = !words && ofIndex.length < SEEK_FROM;
  const current = ofIndex.find((c) => c.id === state.conversation);
  if (current) showHeading(current);
  $("history").replaceChildren(...ofIndex.map((c) => {
    const open = make("button", { title: c.title }, make("span", { className: "t" }, c.title));
    open.onclick = () => resume(c.id).catch((e) => toast(e.message));
    const remove = make("button", { className: "ghost x", "aria-label": t("Delete {name}", { name: c.title }) }, "✕");
    remove.onclick = async () => {
      await call(`api/conversations/${c.id}`, { method: "DELETE" }).catch((e) => toast(e.message));
      if (state.conversation === c.id) newConversation();
      await Promise.all([listConversations(), listShares()]);
    };
    return make("li", { className: `row ${c.id === state.conversation ? "on" : ""}` }, open, remove);
  }));
  if (!ofIndex.length) $("history").append(make("li", { className: "empty" }, words ? t("Nothing of that kind.") : t("No questions yet.")));
}

async function resume(id) {
  const { turns } = await json(`api/conversations/${id}`);
  newConversation();
  state.conversation = id;
  turns.forEach((turn, n) => showTurn(turn, id, n + 1));
  closeMenu();
  await listConversations();
}

function showTurn(turn, conversation, number) {
  const place = appendTurn(turn.question);
  const kind = `${turn.answered ? "" : "none"} ${turn.model === "extractive" ? "quoted" : ""}`;
  const citations = turn.sources.map((s) => ({ ...s, name: s.name || s.location }));
  // As sure as it was when it was given; answers of earlier versions did not store it.
  const chips = turn.grade ? grades({ ...turn.grade, answered: turn.answered, isQuoted: turn.model === "extractive" }) : [];
  place.replaceChildren(make("div", { className: `answer ${kind}` }, ...body(turn.answer, { citations })),
    ...(chips.length ? [make("div", { className: "legend" }, ...chips)] : []),
    make("ul", { className: "cards" }, ...citations.map((s) => make("li", {}, sourceCard(s, citations)))),
    actions({ text: turn.answer, citations, conversation, turn: number }));
}

/** An answer that somebody shared, with what became of its quotes since. */
export async function openShared(id) {
  const shared = await json(`api/shares/${encodeURIComponent(id)}`);
  newConversation();
  state.index = $("index").value = shared.index;
  showTurn(shared.turn, null, 0);
  const names = [...new Set(shared.turn.sources.filter((s) => shared.changed.includes(s.number)).map((s) => s.name))].join(", ");
  const receipt = make("button", { className: "ghost small", type: "button" }, t("Receipt"));
  receipt.onclick = () => saveFile(new Blob([JSON.stringify(shared, null, 1)], { type: "application/json" }), `receipt-${id}.json`);
  $("thread").querySelector(".turn").before(make("div", { className: "shared" },
    make("p", {}, t("Shared by {name} on {date}.", { name: shared.owner, date: new Date(shared.at).toLocaleDateString(document.documentElement.lang) })),
    make("p", { className: names ? "bad" : "" }, names ? t("Changed since: {names}.", { names }) : t("All its quotes are still in the documents, letter for letter.")), receipt));
}

function showHeading(conversation) {
  $("heading").hidden = false;
  if (document.activeElement !== $("title")) $("title").value = conversation.title;
  $("title").onchange = async () => {
    const title = $("title").value.trim();
    if (!title) { $("title").value = conversation.title; return; }
    try {
      await call(`api/conversations/${conversation.id}`, { method: "PATCH", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ title }) });
      await listConversations();
    } catch (error) { toast(error.message); }
  };
  $("markdown").onclick = () => exportAs(conversation, "markdown", "md");
  $("word").onclick = () => exportAs(conversation, "docx", "docx");
  $("pdf").onclick = () => window.print();
}

async function exportAs(conversation, format, extension) {
  try {
    const reply = await call(`api/conversations/${conversation.id}/export?format=${format}`);
    const name = $("title").value.replace(/[^\p{L}\p{N} _-]+/gu, "").trim().slice(0, 60) || conversation.id;
    saveFile(await reply.blob(), `${name}.${extension}`);
  } catch (error) { toast(error.message); }
}

function saveFile(blob, name) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function sourceCard(s, quotes) {
  return card(s, s.number, s.quote, [s.location.slice(s.name.length).replace(/^[\s,]+/, "")], quotes);
}

export function closeMenu() { $("side").classList.remove("open"); $("menu").setAttribute("aria-expanded", "false"); }
$("fresh").onclick = () => { newConversation(); closeMenu(); listConversations().catch(() => {}); $("question").focus(); };
$("title").onkeydown = (e) => { if (e.key === "Enter") { e.preventDefault(); $("title").blur(); } };
document.addEventListener("shared", () => listShares().catch(() => {}));
$("seek").oninput = () => listConversations().catch(() => {});
