"use strict";
// The page. Everything that comes from documents or models is set as text, never as markup.

const $ = (id) => document.getElementById(id);
const state = { index: "", conversation: "new", stop: null, source: null, me: null, seen: new Set() };
let token = sessionStorage.getItem("token") || "";

function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("aria-") || key === "role") node.setAttribute(key, value);
    else node[key] = value;
  }
  node.append(...children.filter((c) => c !== null && c !== undefined));
  return node;
}

function toast(text) {
  $("toast").textContent = text;
  $("toast").classList.add("on");
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => $("toast").classList.remove("on"), 5000);
}

// Talking to the server

const headers = () => (token ? { Authorization: `Bearer ${token}` } : {});
const at = (path) => `/api/indexes/${encodeURIComponent(state.index)}/${path}`;

async function call(path, options = {}) {
  let reply;
  try {
    reply = await fetch(path, { ...options, headers: { ...headers(), ...options.headers } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The server cannot be reached.");
  }
  if (reply.ok) return reply;
  if (reply.status === 401) login(token ? "This token is not known." : "");
  let said = `The server answered with ${reply.status}.`;
  try { said = (await reply.json()).error.message; } catch { /* no words came with it */ }
  throw new Error(said[0].toUpperCase() + said.slice(1));
}
const json = async (path, options) => (await call(path, options)).json();
const post = (path, body, more = {}) =>
  call(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), ...more });

function login(said) {
  $("loginsaid").textContent = said;
  if (!$("login").open) $("login").showModal();
}
$("login").addEventListener("close", () => {
  token = $("token").value.trim();
  sessionStorage.setItem("token", token);
  begin();
});

// Documents and uploads

async function listed() {
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

function line(name) {
  const said = make("span", { className: "said" }, "waiting");
  const bar = make("progress", { max: 1, value: 0, "aria-label": `Upload of ${name}` });
  const row = make("li", {}, make("div", { className: "line" }, make("b", { title: name }, name), said), bar);
  $("jobs").prepend(row);
  return {
    tell(kind, text, share) {
      row.className = kind;
      said.textContent = text;
      bar.hidden = kind === "done" || kind === "failed";
      if (share === null) bar.removeAttribute("value"); else if (share !== undefined) bar.value = share;
      if (kind === "done") setTimeout(() => row.remove(), 6000);
    },
  };
}

function upload(files) {
  for (const file of files) {
    const row = line(file.name);
    if (file.size > state.me.upload_bytes) {
      row.tell("failed", `Larger than ${Math.round(state.me.upload_bytes / 1e6)} MB`);
      continue;
    }
    const body = new FormData();
    body.append("file", file);
    const request = new XMLHttpRequest();
    const share = $("share").value;
    request.open("POST", at("documents") + (share ? `?share=${encodeURIComponent(share)}` : ""));
    if (token) request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.upload.onprogress = (e) => row.tell("", `${Math.round((100 * e.loaded) / e.total)} %`, e.loaded / e.total);
    request.onerror = () => row.tell("failed", "The server cannot be reached");
    request.onload = () => {
      let said = {};
      try { said = JSON.parse(request.responseText); } catch { /* no JSON */ }
      if (request.status === 202) follow(said.accepted[0].id, row);
      else row.tell("failed", said.refused?.[0]?.error || said.error?.message || "It was not taken");
    };
    request.send(body);
  }
}

async function follow(id, row) {
  for (;;) {
    let job;
    try { job = await json(`/api/jobs/${id}`); } catch (error) { row.tell("failed", error.message); return; }
    if (job.state === "done") {
      row.tell("done", `${job.pages} page${job.pages === 1 ? "" : "s"}`);
      await listed();
      return;
    }
    if (job.state === "failed") { row.tell("failed", job.error || "It could not be read"); return; }
    row.tell("", job.state === "queued" ? "waiting" : "indexing", null);
    await new Promise((r) => setTimeout(r, 500));
  }
}

$("drop").onclick = () => $("files").click();
$("drop").onkeydown = (e) => { if (e.key === "Enter" || e.key === " ") { e.preventDefault(); $("files").click(); } };
$("files").onchange = () => { upload([...$("files").files]); $("files").value = ""; };
addEventListener("dragover", (e) => { e.preventDefault(); $("drop").classList.add("over"); });
addEventListener("dragleave", (e) => { if (!e.relatedTarget) $("drop").classList.remove("over"); });
addEventListener("drop", (e) => { e.preventDefault(); $("drop").classList.remove("over"); upload([...e.dataTransfer.files]); });

// History

async function histories() {
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
    turn.replaceChildren(make("div", { className: `answer ${t.answered ? "" : "none"}` }, t.answer));
    turn.append(make("ul", { className: "cards" }, ...t.sources.map((s) =>
      make("li", { className: "card" }, make("span", { className: "where" }, `[${s.number}] ${s.place.split("/").pop()}`), make("q", {}, s.quote)))));
  }
  closeMenu();
  await histories();
}

function fresh() {
  state.conversation = "new";
  for (const turn of [...document.querySelectorAll(".turn")]) turn.remove();
  $("welcome").hidden = false;
}
$("fresh").onclick = () => { fresh(); closeMenu(); histories().catch(() => {}); $("question").focus(); };

// Asking

function opened(question) {
  $("welcome").hidden = true;
  const body = make("div", {}, make("span", { className: "waits", role: "status", "aria-label": "Searching" }, make("i"), make("i"), make("i")));
  const turn = make("article", { className: "turn" }, make("div", { className: "asked" }, question), body);
  $("thread").append(turn);
  $("thread").scrollTop = $("thread").scrollHeight;
  return body;
}

async function ask(question) {
  const body = opened(question);
  const stop = (state.stop = new AbortController());
  $("send").hidden = true;
  $("stop").hidden = false;
  let written = "";
  const text = make("div", { className: "answer" });
  try {
    const reply = await post(at("ask"), { question, stream: true, model: $("model").value, conversation: state.conversation }, { signal: stop.signal });
    for await (const [name, data] of events(reply.body)) {
      if (name === "text") {
        if (!written) body.replaceChildren(text);
        written += data;
        text.textContent = written;
        $("thread").scrollTop = $("thread").scrollHeight;
      } else if (name === "answer") {
        body.replaceChildren(...answered(data));
        if (data.conversation) state.conversation = data.conversation;
        histories().catch(() => {});
      } else throw new Error(data);
    }
  } catch (error) {
    if (error.name === "AbortError") body.append(make("p", { className: "empty" }, "Stopped."));
    else body.replaceChildren(make("p", { className: "bad", role: "alert" }, error.message));
    if (!written) body.querySelector(".waits")?.remove();
  } finally {
    state.stop = null;
    $("send").hidden = false;
    $("stop").hidden = true;
    $("thread").scrollTop = $("thread").scrollHeight;
  }
}

async function* events(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    const parts = rest.split("\n\n");
    rest = parts.pop();
    for (const part of parts) {
      const name = /^event: (.*)$/m.exec(part), data = /^data: (.*)$/m.exec(part);
      if (name && data) yield [name[1], JSON.parse(data[1])];
    }
  }
}

const VERDICTS = { supported: "borne out", partly: "partly borne out", unsupported: "not borne out" };

function answered(a) {
  const out = [];
  const text = make("div", { className: `answer ${a.answered ? "" : "none"} ${a.generator === "extractive" ? "quoted" : ""}` });
  let from = 0;
  for (const claim of a.claims) {
    const start = a.text.indexOf(claim.text, from);
    if (start < 0) continue;
    text.append(...numbered(a.text.slice(from, start), a));
    const title = claim.reason || (VERDICTS[claim.verdict] && claim.probability !== null
      ? `${VERDICTS[claim.verdict]} (${Math.round(100 * claim.probability)} %)` : VERDICTS[claim.verdict] || "");
    text.append(make("span", { className: `claim ${claim.verdict}`, title }, ...numbered(claim.text, a)));
    from = start + claim.text.length;
  }
  text.append(...numbered(a.text.slice(from), a));
  out.push(text);
  const chips = [];
  for (const verdict of a.generator === "extractive" ? [] : Object.keys(VERDICTS)) {
    const count = a.claims.filter((c) => c.verdict === verdict).length;
    if (count) chips.push(make("span", { className: `chip ${verdict}` }, `${count} ${VERDICTS[verdict]}`));
  }
  if (a.reason) chips.push(make("span", { className: "chip" }, a.reason));
  for (const warning of a.warnings) chips.push(make("span", { className: "chip partly" }, warning));
  if (chips.length) out.push(make("div", { className: "legend" }, ...chips));
  const near = a.hits.filter((h) => !a.answered).slice(0, 3);
  const cards = a.answered ? a.citations.map((c) => card(c, c.number, c.quote)) : near.map((h) => card(h, null, h.text));
  if (!a.answered && cards.length) out.push(make("p", { className: "empty" }, "The nearest passages:"));
  if (cards.length) out.push(make("ul", { className: "cards" }, ...cards.map((c) => make("li", {}, c))));
  out.push(searched(a));
  if (a.context) out.push(ledger(a.context));
  return out;
}

/** Text with each [n] that leads somewhere as a button. */
function numbered(text, a) {
  return text.split(/(\[\d+\])/).map((part) => {
    const found = /^\[(\d+)\]$/.exec(part) && a.citations.find((c) => `[${c.number}]` === part);
    if (!found) return part;
    const button = make("button", { className: "cite", title: found.place, "aria-label": `Source ${found.number}: ${found.place}` }, String(found.number));
    button.onclick = () => show(found, button);
    return button;
  });
}

function card(c, number, quote) {
  const page = c.format === "pdf" ? `p. ${c.page_label || c.page}` : "";
  const button = make("button", { className: "card" },
    make("span", { className: "where" }, number === null ? null : make("span", { className: "cite" }, String(number)),
      make("span", {}, c.name.split("/").pop()), make("small", {}, [page, ...(c.heading || []).slice(-1)].filter(Boolean).join(" · "))),
    make("q", {}, quote.replace(/\s+/g, " ").trim()));
  button.onclick = () => show(c, button);
  return button;
}

function searched(a) {
  const rows = a.hits.map((h) => {
    const score = [`score ${h.score.toFixed(2)}`, h.dense === null ? "" : `meaning ${h.dense.toFixed(2)}`, h.lexical === null ? "" : `words ${h.lexical.toFixed(1)}`];
    const shown = card(h, null, h.text);
    shown.querySelector("small").textContent += `  ${score.filter(Boolean).join(", ")}`;
    return make("li", {}, shown);
  });
  const seconds = a.usage.total_s;
  const took = seconds < 1 ? `${Math.round(1000 * seconds)} ms` : `${seconds.toFixed(1)} s`;
  return make("details", {}, make("summary", {}, `What was searched · ${a.hits.length} passages · ${took}`), make("ul", { className: "cards" }, ...rows));
}

function ledger(c) {
  const bar = make("div", { className: "ledger", role: "img", "aria-label": `${c.tokens} of ${c.window} tokens` });
  const keys = make("div", { className: "keys" });
  c.layers.forEach((layer, i) => {
    const piece = make("i", { className: `l${i % 6}`, title: `${layer.name}: ${layer.tokens} tokens` });
    piece.style.width = `${(100 * layer.tokens) / c.window}%`;
    if (layer.tokens) bar.append(piece);
    keys.append(make("span", {}, make("i", { className: `l${i % 6}` }), `${layer.name} ${layer.tokens}`));
  });
  return make("details", {}, make("summary", {}, `Context · ${c.tokens} of ${c.window} tokens, ${c.reserve} kept for the answer`), bar, keys,
    make("p", {}, c.left_out.length ? `${c.left_out.length} left out: ${[...new Set(c.left_out.map((l) => l.why))].join("; ")}` : "Nothing was left out."));
}

$("ask").onsubmit = (e) => {
  e.preventDefault();
  const question = $("question").value.trim();
  if (!question || state.stop) return;
  $("question").value = "";
  grow();
  ask(question);
};
$("stop").onclick = () => state.stop?.abort();
const grow = () => { const q = $("question"); q.style.height = "auto"; q.style.height = `${q.scrollHeight}px`; };
$("question").oninput = grow;
$("question").onkeydown = (e) => { if (e.key === "Enter" && !e.shiftKey && !e.isComposing) { e.preventDefault(); $("ask").requestSubmit(); } };

// The source beside the answer

async function show(c, from) {
  for (const on of document.querySelectorAll(".cite.on, .card.on")) on.classList.remove("on");
  from?.classList.add("on");
  const wanted = (state.source = { ...c, from: from || state.source?.from });
  $("source").hidden = false;
  $("sourcename").textContent = (c.name || c.document).split("/").pop();
  $("sourceplace").textContent = "";
  $("sheet").replaceChildren(make("div", { className: "load" }));
  const asked = new URLSearchParams({ document: c.document, page: c.page, start: c.start || 0, end: c.end || 0 });
  try {
    const page = await json(at(`page?${asked}`));
    if (state.source !== wanted) return;
    wanted.pages = page.pages;
    $("sourceplace").textContent = page.pages > 1 ? `page ${page.label || page.number} (${page.number} of ${page.pages})` : page.title || "";
    $("before").disabled = page.number <= 1;
    $("after").disabled = page.number >= page.pages;
    const out = page.note ? [make("p", { className: "note" }, page.note)] : [];
    if (page.picture) out.push(await paper(page, asked)); else out.push(words(page, c));
    if (state.source !== wanted) return;
    $("sheet").replaceChildren(...out);
    if (from) $("source").focus({ preventScroll: true });
    const marked = $("sheet").querySelector("mark, .paper i");
    if (marked) marked.scrollIntoView({ block: "center" }); else $("sheet").scrollTop = 0;
  } catch (error) {
    if (state.source === wanted) $("sheet").replaceChildren(make("p", { className: "bad" }, error.message));
  }
}

async function paper(page, asked) {
  const blob = await (await call(at(`picture?${asked}`))).blob();
  const image = make("img", { alt: page.text, width: page.picture.width, height: page.picture.height });
  image.src = URL.createObjectURL(blob);
  await image.decode();
  URL.revokeObjectURL(image.src);
  const boxes = page.picture.boxes.map(([left, top, width, height]) => {
    const box = make("i", { "aria-hidden": "true" });
    Object.assign(box.style, { left: `${100 * left}%`, top: `${100 * top}%`, width: `${100 * width}%`, height: `${100 * height}%` });
    return box;
  });
  return make("div", { className: "paper" }, image, ...boxes);
}

function words(page, c) {
  const letters = [...page.text]; // offsets count characters, not UTF-16 units
  const part = (a, b) => letters.slice(a, b).join("");
  const marked = c.end > c.start;
  return make("div", { className: "words" }, part(0, marked ? c.start : undefined),
    marked ? make("mark", {}, part(c.start, c.end)) : null, marked ? part(c.end) : null);
}

function turnPage(by) {
  const s = state.source;
  if (s) show({ ...s, page: s.page + by, start: 0, end: 0 });
}
$("before").onclick = () => turnPage(-1);
$("after").onclick = () => turnPage(1);
function closeSource() {
  $("source").hidden = true;
  const from = state.source?.from;
  state.source = null;
  for (const on of document.querySelectorAll(".cite.on, .card.on")) on.classList.remove("on");
  (from?.isConnected ? from : $("question")).focus();
}
$("close").onclick = closeSource;

// The rest

function closeMenu() { $("side").classList.remove("open"); $("menu").setAttribute("aria-expanded", "false"); }
$("menu").onclick = () => $("menu").setAttribute("aria-expanded", String($("side").classList.toggle("open")));
document.addEventListener("keydown", (e) => {
  if (e.key === "Escape") {
    if (state.stop) state.stop.abort();
    else if (!$("source").hidden) closeSource();
    else closeMenu();
  } else if (e.key === "/" && !/TEXTAREA|INPUT|SELECT/.test(document.activeElement.tagName)) {
    e.preventDefault();
    $("question").focus();
  } else if (!$("source").hidden && document.activeElement === $("source")) {
    if (e.key === "ArrowLeft" && !$("before").disabled) turnPage(-1);
    if (e.key === "ArrowRight" && !$("after").disabled) turnPage(1);
  }
});

const refresh = () => Promise.all([listed(), histories()]).catch((e) => toast(e.message));
$("index").onchange = () => { state.index = $("index").value; fresh(); refresh(); };

/** A link of the API's annotations: #index=...&document=...&page=...&start=...&end=... */
function followLink() {
  const link = new URLSearchParams(location.hash.slice(1));
  if (!link.get("document") || !state.me.indexes.includes(link.get("index"))) return;
  state.index = $("index").value = link.get("index");
  const number = (key) => Number(link.get(key)) || 0;
  const name = link.get("document");
  show({ document: name, name, page: number("page") || 1, start: number("start"), end: number("end") });
}

async function begin() {
  try {
    const me = (state.me = await json("/api/me"));
    $("index").replaceChildren(...me.indexes.map((i) => make("option", { value: i }, i)));
    $("model").replaceChildren(...me.models.map((m) => make("option", { value: m }, m === "extractive" ? "Quotes only" : m)));
    $("model").parentElement.hidden = me.models.length < 2;
    $("who").textContent = me.shared ? me.name : "";
    $("share").replaceChildren(make("option", { value: "" }, "me alone"),
      ...me.groups.map((g) => make("option", { value: g }, g)), make("option", { value: "everyone" }, "everyone"));
    $("sharing").hidden = !me.shared;
    state.index = me.indexes[0];
    followLink();
    await refresh();
    const { jobs } = await json("/api/jobs");
    for (const job of jobs.filter((j) => j.state === "queued" || j.state === "running")) follow(job.id, line(job.name));
    $("question").focus();
  } catch (error) { if (!$("login").open) toast(error.message); }
}
begin();
