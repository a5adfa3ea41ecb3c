// Asking: the form, the stream of an answer, the stop button.

import { $, make } from "./dom.js";
import { identified, indexUrl, post, sentence, state } from "./server.js";
import { actions } from "./actions.js";
import { renderAnswer } from "./answer.js";
import { globs } from "./documents.js";
import { listConversations } from "./history.js";
import { appendTurn, showStatus, trouble } from "./thread.js";
import { t } from "./translate.js";

async function ask(question) {
  const body = appendTurn(question);
  const stop = (state.stop = new AbortController());
  $("send").hidden = true;
  $("stop").hidden = false;
  let streamed = "", isAnswered = false;
  const text = make("div", { className: "answer" });
  try {
    await identified;
    const reply = await post(indexUrl("ask"), { question, stream: true, model: $("model").value, conversation: state.conversation, paths: globs() }, { signal: stop.signal });
    for await (const [name, data] of events(reply.body)) {
      if (name === "status") showStatus(body, data);
      else if (name === "text") {
        if (!streamed) body.replaceChildren(text);
        streamed += data;
        text.textContent = streamed;
        $("thread").scrollTop = $("thread").scrollHeight;
      } else if (name === "answer") {
        isAnswered = true;
        body.replaceChildren(...renderAnswer(data), actions(data));
        if (data.conversation) state.conversation = data.conversation;
        listConversations().catch(() => {});
      } else throw new Error(sentence(data));
    }
    if (!isAnswered) throw new Error(t("The answer broke off."));
  } catch (error) {
    body.querySelector(".waits")?.remove();
    if (error.name === "AbortError") body.append(make("p", { className: "empty" }, t("Stopped.")));
    else {
      const message = streamed && error instanceof TypeError ? t("The answer broke off.") : error.message;
      body.append(trouble(message, () => { body.parentElement.remove(); ask(question); }));
    }
  } finally {
    if (state.stop === stop) {
      state.stop = null;
      $("send").hidden = false;
      $("stop").hidden = true;
    }
    $("thread").scrollTop = $("thread").scrollHeight;
  }
}

async function* events(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    buffer += value;
    const parts = buffer.split("\n\n");
    buffer = parts.pop();
    for (const part of parts) {
      const name = /^event: (.*)$/m.exec(part), data = /^data: (.*)$/m.exec(part);
      if (name && data) yield [name[1], JSON.parse(data[1])];
    }
  }
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
