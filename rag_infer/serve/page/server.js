// Talking to the server: the token, errors in words, the collection that is open.

import { $ } from "./dom.js";
import { t } from "./translate.js";

export const state = { index: "", conversation: "new", stop: null, source: null, me: null };
/** Resolved once the user is identified; what comes before that waits for it. */
export const identified = new Promise((resolve) => { state.setIdentified = resolve; });
let token = sessionStorage.getItem("token") || "";

/** A message of the server as a sentence. */
export const sentence = (message) => message[0].toUpperCase() + message.slice(1);
export const headers = () => (token ? { Authorization: `Bearer ${token}` } : {});
export const indexUrl = (path) => `api/indexes/${encodeURIComponent(state.index)}/${path}`;

export async function call(path, options = {}) {
  let reply;
  try {
    reply = await fetch(path, { ...options, headers: { ...headers(), ...options.headers } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error(t("The server cannot be reached."));
  }
  if (reply.ok) return reply;
  let message = t("The server answered with {status}.", reply), code;
  try { ({ message, code } = (await reply.json()).error); } catch { /* no words came with it */ }
  const seconds = Number(reply.headers.get("Retry-After"));
  if (code === "rate_limited" && seconds) throw new Error(tooMany(seconds));
  if (reply.status === 401) askForToken(token ? t("Invalid token.") : "", code === "sign_in");
  throw new Error(sentence(message));
}

/** Says when one may ask again, after a limit was reached. */
function tooMany(seconds) {
  if (seconds < 120) return t("Too many questions at once. Please wait {count} seconds.", { count: seconds });
  const time = new Date(Date.now() + 1000 * seconds).toLocaleString(document.documentElement.lang, { weekday: "long", hour: "numeric", minute: "2-digit" });
  return t("All of your questions for now are used up. You can ask again from {time}.", { time });
}
export const json = async (path, options) => (await call(path, options)).json();
export const post = (path, body, more = {}) =>
  call(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), ...more });

export const hasToken = () => Boolean(token);
export function forgetToken() {
  token = "";
  sessionStorage.removeItem("token");
}

/** Asks for a token; `onToken` is called when there is one. */
export const login = { onToken: () => {} };

function askForToken(message, hasSignIn) {
  $("signin").hidden = !hasSignIn;
  $("loginsaid").textContent = message;
  if (!$("login").open) $("login").showModal();
}
$("login").addEventListener("close", () => {
  token = $("token").value.trim();
  sessionStorage.setItem("token", token);
  login.onToken();
});
