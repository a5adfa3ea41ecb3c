// Asking: the form, the stream of an answer, the stop button.

import { $, make } from "./dom.js";
import { at, known, post, sentence, state } from "./server.js";
import { answered } from "./answer.js";
import { histories } from "./history.js";
import { doing, opened } from "./thread.js";

async function ask(question) {
  const body = opened(question);
  const stop = (state.stop = new AbortController());
  $("send").hidden = true;
  $("stop").hidden = false;
  let written = "";
  const text = make("div", { className: "answer" });
  try {
    await known;
    const reply = await post(at("ask"), { question, stream: true, model: $("model").value, conversation: state.conversation }, { signal: stop.signal });
    for await (const [name, data] of events(reply.body)) {
      if (name === "doing") doing(body, data);
      else if (name === "text") {
        if (!written) body.replaceChildren(text);
        written += data;
        text.textContent = written;
        $("thread").scrollTop = $("thread").scrollHeight;
      } else if (name === "answer") {
        body.replaceChildren(...answered(data));
        if (data.conversation) state.conversation = data.conversation;
        histories().catch(() => {});
      } else throw new Error(sentence(data));
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
