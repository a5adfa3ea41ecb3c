// Earlier conversations: listed, taken up again, deleted.

import { $, make, toast } from "./dom.js";
import { call, json, state } from "./server.js";
import { card, numbered } from "./answer.js";
import { fresh, opened } from "./thread.js";

export async function histories() {
  const { conversations } = await json("/api/conversations");
  const here = conversations.filter((c) => c.place === state.index).slice(0, 50);
  $("history").replaceChildren(...here.map((c) => {
    const open = make("button", { title: c.title }, make("span", { className: "t" }, c.title));
    open.onclick = () => resume(c.id).catch((e) => toast(e.message));
    const remove = make("button", { className: "ghost x", "aria-label": `Delete ${c.title}` }, "✕");
    remove.onclick = async () => {
      await call(`/api/conversations/${c.id}`, { method: "DELETE" }).catch((e) => toast(e.message));
      if (state.conversation === c.id) fresh();
      await histories();
    };
    return make("li", { className: `row ${c.id === state.conversation ? "on" : ""}` }, open, remove);
  }));
  if (!here.length) $("history").append(make("li", { className: "empty" }, "No questions yet."));
}

async function resume(id) {
  const { turns } = await json(`/api/conversations/${id}`);
  fresh();
  $("welcome").hidden = true;
  state.conversation = id;
  for (const t of turns) {
    const turn = opened(t.question);
    const kind = `${t.answered ? "" : "none"} ${t.generator === "extractive" ? "quoted" : ""}`;
    turn.replaceChildren(make("div", { className: `answer ${kind}` }, ...numbered(t.answer, { citations: t.sources })));
    turn.append(make("ul", { className: "cards" }, ...t.sources.map((s) => make("li", {}, past(s)))));
  }
  closeMenu();
  await histories();
}

function past(s) {
  const where = s.name ? s.place.slice(s.name.length).replace(/^[\s,]+/, "") : "";
  return card({ ...s, name: s.name || s.place }, s.number, s.quote, [where]);
}

export function closeMenu() { $("side").classList.remove("open"); $("menu").setAttribute("aria-expanded", "false"); }
$("fresh").onclick = () => { fresh(); closeMenu(); histories().catch(() => {}); $("question").focus(); };
