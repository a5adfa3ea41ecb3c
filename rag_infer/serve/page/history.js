// Earlier conversations: listed, taken up again, deleted.

import { $, make, toast } from "./dom.js";
import { call, json, state } from "./server.js";
import { actions } from "./actions.js";
import { body, card } from "./answer.js";
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
  turns.forEach((turn, n) => {
    const place = appendTurn(turn.question);
    const kind = `${turn.answered ? "" : "none"} ${turn.model === "extractive" ? "quoted" : ""}`;
    const citations = turn.sources.map((s) => ({ ...s, name: s.name || s.location }));
    place.replaceChildren(make("div", { className: `answer ${kind}` }, ...body(turn.answer, { citations })),
      make("ul", { className: "cards" }, ...citations.map((s) => make("li", {}, sourceCard(s, citations)))),
      actions({ text: turn.answer, citations, conversation: id, turn: n + 1 }));
  });
  closeMenu();
  await listConversations();
}

function sourceCard(s, quotes) {
  return card(s, s.number, s.quote, [s.location.slice(s.name.length).replace(/^[\s,]+/, "")], quotes);
}

export function closeMenu() { $("side").classList.remove("open"); $("menu").setAttribute("aria-expanded", "false"); }
$("fresh").onclick = () => { newConversation(); closeMenu(); listConversations().catch(() => {}); $("question").focus(); };
