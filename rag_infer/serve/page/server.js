// Talking to the server: the token, errors in words, the collection that is open.

import { $ } from "./dom.js";

export const state = { index: "", conversation: "new", stop: null, source: null, me: null };
/** Settled once it is known who asks; what comes before that waits for it. */
export const known = new Promise((settle) => { state.begun = settle; });
let token = sessionStorage.getItem("token") || "";

/** An error of the server's as a person reads it. */
export const sentence = (said) => said[0].toUpperCase() + said.slice(1);
export const headers = () => (token ? { Authorization: `Bearer ${token}` } : {});
export const at = (path) => `/api/indexes/${encodeURIComponent(state.index)}/${path}`;

export async function call(path, options = {}) {
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
  throw new Error(sentence(said));
}
export const json = async (path, options) => (await call(path, options)).json();
export const post = (path, body, more = {}) =>
  call(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), ...more });

/** Asks for a token; `then` is called when there is one. */
export const door = { then: () => {} };

function login(said) {
  $("loginsaid").textContent = said;
  if (!$("login").open) $("login").showModal();
}
$("login").addEventListener("close", () => {
  token = $("token").value.trim();
  sessionStorage.setItem("token", token);
  door.then();
});
