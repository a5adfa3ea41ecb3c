// Files on their way in: chosen or dropped, a line each, until they are indexed or refused.

import { $, make } from "./dom.js";
import { at, headers, json, known, state } from "./server.js";
import { listed } from "./documents.js";

export function line(name) {
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

async function upload(files) {
  await known;
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
    for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
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

export async function follow(id, row) {
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
