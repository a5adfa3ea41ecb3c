// Files on their way in: chosen or dropped, a line each, until they are indexed or refused.

import { $, make } from "./dom.js";
import { headers, identified, indexUrl, json, state } from "./server.js";
import { listDocuments } from "./documents.js";
import { t } from "./translate.js";

export function jobRow(name) {
  const status = make("span", { className: "said" }, t("waiting"));
  const bar = make("progress", { max: 1, value: 0, "aria-label": t("Upload of {name}", { name }) });
  const row = make("li", {}, make("div", { className: "line" }, make("b", { title: name }, name), status), bar);
  $("jobs").prepend(row);
  return {
    update(kind, text, share) {
      row.className = kind;
      status.textContent = text;
      bar.hidden = kind === "done" || kind === "failed";
      if (share === null) bar.removeAttribute("value"); else if (share !== undefined) bar.value = share;
      if (kind === "done") setTimeout(() => row.remove(), 6000);
    },
  };
}

async function upload(files) {
  await identified;
  for (const file of files) {
    const row = jobRow(file.name);
    if (file.size > state.me.max_upload_bytes) {
      row.update("failed", t("Larger than {size} MB", { size: Math.round(state.me.max_upload_bytes / 1e6) }));
      continue;
    }
    const body = new FormData();
    body.append("file", file);
    const request = new XMLHttpRequest();
    const share = $("share").value;
    request.open("POST", indexUrl("documents") + (share ? `?share=${encodeURIComponent(share)}` : ""));
    for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
    request.upload.onprogress = (e) => row.update("", `${Math.round((100 * e.loaded) / e.total)} %`, e.loaded / e.total);
    request.onerror = () => row.update("failed", t("The server cannot be reached"));
    request.onload = () => {
      let response = {};
      try { response = JSON.parse(request.responseText); } catch { /* no JSON */ }
      if (request.status === 202) follow(response.accepted[0].id, row);
      else row.update("failed", response.rejected?.[0]?.error || response.error?.message || t("The upload was refused"));
    };
    request.send(body);
  }
}

export async function follow(id, row) {
  for (;;) {
    let job;
    try { job = await json(`api/jobs/${id}`); } catch (error) { row.update("failed", error.message); return; }
    if (job.state === "done") {
      row.update("done", job.pages === 1 ? t("1 page") : t("{count} pages", { count: job.pages }));
      await listDocuments();
      return;
    }
    if (job.state === "failed") { row.update("failed", job.error || t("It could not be read")); return; }
    row.update("", job.state === "queued" ? t("waiting") : t("indexing"), null);
    await new Promise((r) => setTimeout(r, 500));
  }
}

$("drop").onclick = () => $("files").click();
$("begin").onclick = () => $("files").click();
$("files").onchange = () => { upload([...$("files").files]); $("files").value = ""; };
addEventListener("dragover", (e) => { e.preventDefault(); $("drop").classList.add("over"); });
addEventListener("dragleave", (e) => { if (!e.relatedTarget) $("drop").classList.remove("over"); });
addEventListener("drop", (e) => { e.preventDefault(); $("drop").classList.remove("over"); upload([...e.dataTransfer.files]); });
