// Earlier conversations: listed, taken up again, deleted.

import { $, make, toast } from "./dom.js";
import { call, json, state } from "./server.js";
import { card, withCitations } from "./answer.js";
import { feedback } from "./feedback.js";
import { appendTurn, newConversation } from "./thread.js";
import { t } from "./translate.js";

export async function listConversations() {
  const { conversations } = await json("api/conversations");
  const ofIndex = conversations.filter((c) => c.index === state.index).slice(0, 50);
  $("history").replaceChildren(...ofIndex.map((c) => {
    const open = make("button", { title: c.title }, make("span", { className: "t" }, c.title));
    open.onclick = () => resume(c.id).catch((e) => toast(e.message));
    const remove = make("button", { className: "ghost x", "aria-label": t("Delete {name}", { name: c.title }) }, "✕");
    remove.onclick = async () => {
      await call(`api/conversations/${c.id}`, { method: "DELETE" }).catch((e) => toast(e.message));
      if (state.conversation === c.id) newConversation();
      await listConversations();
    };
    return make("li", { className: `row ${c.id === state.conversation ? "on" : ""}` }, open, remove);
  }));
  if (!ofIndex.length) $("history").append(make("li", { className: "empty" }, t("No questions yet.")));
}

async function resume(id) {
  const { turns } = await json(`api/conversations/${id}`);
  newConversation();
  $("welcome").hidden = true;
  state.conversation = id;
  for (const t of turns) {
    const turn = appendTurn(t.question);
    const kind = `${t.answered ? "" : "none"} ${t.model === "extractive" ? "quoted" : ""}`;
    turn.replaceChildren(make("div", { className: `answer ${kind}` }, ...withCitations(t.answer, { citations: t.sources })));
    turn.append(make("ul", { className: "cards" }, ...t.sources.map((s) => make("li", {}, sourceCard(s)))), feedback(id, turns.indexOf(t) + 1));
  }
  closeMenu();
  await listConversations();
}

function sourceCard(s) {
  const where = s.name ? s.location.slice(s.name.length).replace(/^[\s,]+/, "") : "";
  return card({ ...s, name: s.name || s.location }, s.number, s.quote, [where]);
}

export function closeMenu() { $("side").classList.remove("open"); $("menu").setAttribute("aria-expanded", "false"); }
$("fresh").onclick = () => { newConversation(); closeMenu(); listConversations().catch(() => {}); $("question").focus(); };
