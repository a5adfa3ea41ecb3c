// Files on their way in: one line for all of them ("12 of 30"), and one for each that failed, until it is tried
// again or dismissed.

import { $, make } from "./dom.js";
import { headers, identified, indexUrl, json, sentence, state } from "./server.js";
import { listDocuments } from "./documents.js";
import { t } from "./translate.js";

const AT_ONCE = 3; // files that are sent side by side
const DONE_MS = 6000; // how long the line stays when all is done
/** What servers say of files that many people meet, in the reader's language; any other reason is shown as it is. */
const REASONS = {
  damaged: t("The file is damaged."), "empty file": t("The file is empty."), "unsupported file type": t("Files of this kind cannot be read."),
  "encrypted with a password": t("It is encrypted. What is its password?"), "encrypted, and none of the passwords opens it": t("This password does not open it."),
};

/** The files of this visit: each has a share of being done from 0 to 1, and may have failed. */
const files = new Set();
const waiting = [];
let sending = 0;

/** Shows how far all files are; `doing` says what is being done with one of several. */
function showProgress() {
  const all = [...files], done = all.filter((f) => f.share === 1).length, failed = all.filter((f) => f.isFailed).length;
  const isBusy = done + failed < all.length;
  if (!$("progress")) {
    const bar = make("progress", { max: 1, "aria-label": t("Uploads") });
    $("jobs").prepend(make("li", { id: "progress" }, make("div", { className: "line" }, make("b"), make("span", { className: "said" })), bar));
  }
  const line = $("progress");
  line.hidden = !all.length || (!isBusy && !done);
  line.className = isBusy ? "" : "done";
  line.querySelector("b").textContent = all.length === 1 ? all[0].name : t("{done} of {count} files", { done, count: all.length });
  const doing = isBusy ? all.find((f) => f.share < 1 && !f.isFailed).status : all.length === 1 ? all[0].status : done === 1 ? t("Indexed 1 file") : t("Indexed {count} files", { count: done });
  line.querySelector(".said").textContent = [doing, failed ? t("{count} failed", { count: failed }) : ""].filter(Boolean).join(" · ");
  const bar = line.querySelector("progress");
  bar.hidden = !isBusy;
  bar.value = all.reduce((sum, f) => sum + (f.isFailed ? 1 : f.share), 0) / (all.length || 1);
  clearTimeout(showProgress.timer);
  if (!isBusy) showProgress.timer = setTimeout(() => { for (const f of [...files]) files.delete(f); line.hidden = true; }, DONE_MS);
}

function update(file, status, share) {
  Object.assign(file, { status, share });
  showProgress();
}

/** A line for a file that failed; it stays until the file is sent again or the line dismissed. */
function fail(file, reason, needsPassword = false) {
  Object.assign(file, { isFailed: true, status: reason });
  showProgress();
  const dismiss = make("button", { className: "ghost small", type: "button", "aria-label": t("Dismiss {name}", { name: file.name }) }, "✕");
  const row = make("li", { className: "failed" }, make("div", { className: "line" }, make("b", { title: file.name }, file.name), dismiss), make("span", { className: "said" }, REASONS[reason] || sentence(reason)));
  const drop = () => { row.remove(); files.delete(file); };
  if (file.blob && needsPassword) {
    const password = make("input", { className: "field", type: "password", required: true, autocomplete: "off", placeholder: t("Password"), "aria-label": t("Password of {name}", { name: file.name }) });
    const form = make("form", { className: "unlock" }, password, make("button", { className: "solid", type: "submit" }, t("Open")));
    form.onsubmit = (e) => { e.preventDefault(); drop(); upload([file.blob], password.value); };
    row.append(form);
  } else if (file.blob) {
    const again = make("button", { className: "ghost small", type: "button", "aria-label": t("Retry {name}", { name: file.name }) }, t("Retry"));
    again.onclick = () => { drop(); upload([file.blob]); };
    row.append(again);
  }
  dismiss.onclick = drop;
  if (needsPassword) $("progress").after(row); // where it is seen: it waits for an answer
  else $("jobs").append(row);
}

async function upload(blobs, password = "") {
  await identified;
  for (const blob of blobs) {
    const file = { name: blob.name, blob, password, share: 0, status: t("waiting"), isFailed: false };
    files.add(file);
    if (blob.size > state.me.max_upload_bytes) fail(file, t("Larger than {size} MB", { size: Math.round(state.me.max_upload_bytes / 1e6) }));
    else waiting.push(file);
  }
  showProgress();
  while (sending < AT_ONCE && waiting.length) send(waiting.shift());
}

function send(file) {
  sending++;
  const body = new FormData();
  body.append("file", file.blob);
  const request = new XMLHttpRequest();
  const share = $("share").value;
  request.open("POST", indexUrl("documents") + (share ? `?share=${encodeURIComponent(share)}` : ""));
  for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
  if (file.password) request.setRequestHeader("X-Document-Password", encodeURIComponent(file.password));
  request.upload.onprogress = (e) => update(file, `${Math.round((100 * e.loaded) / e.total)} %`, (0.5 * e.loaded) / e.total);
  request.onerror = () => fail(file, t("The server cannot be reached"));
  request.onload = () => {
    let response = {};
    try { response = JSON.parse(request.responseText); } catch { /* no JSON */ }
    if (request.status === 202) followJob(response.accepted[0].id, file);
    else fail(file, response.rejected?.[0]?.error || response.error?.message || t("The upload was refused"));
  };
  request.onloadend = () => { sending--; if (waiting.length) send(waiting.shift()); };
  request.send(body);
}

/** Follows an upload of an earlier visit. */
export function follow(id, name) {
  const file = { name, blob: null, share: 0.5, status: t("waiting"), isFailed: false };
  files.add(file);
  showProgress();
  followJob(id, file);
}

async function followJob(id, file) {
  for (;;) {
    let job;
    try { job = await json(`api/jobs/${id}`); } catch (error) { fail(file, error.message); return; }
    if (job.state === "done") {
      update(file, job.pages === 1 ? t("1 page") : t("{count} pages", { count: job.pages }), 1);
      await listDocuments();
      return;
    }
    if (job.state === "failed") { fail(file, job.error || t("It could not be read"), job.needs_password); return; }
    const doing = job.chunks ? t("indexing, {count} passages so far", { count: job.chunks.toLocaleString(document.documentElement.lang) }) : t("indexing");
    update(file, job.state === "queued" ? t("waiting") : doing, 0.5);
    await new Promise((r) => setTimeout(r, 500));
  }
}

$("drop").onclick = () => $("files").click();
$("begin").onclick = () => $("files").click();
$("files").onchange = () => { upload([...$("files").files]); $("files").value = ""; };
addEventListener("dragover", (e) => { e.preventDefault(); $("drop").classList.add("over"); });
addEventListener("dragleave", (e) => { if (!e.relatedTarget) $("drop").classList.remove("over"); });
addEventListener("drop", (e) => { e.preventDefault(); $("drop").classList.remove("over"); upload([...e.dataTransfer.files]); });
