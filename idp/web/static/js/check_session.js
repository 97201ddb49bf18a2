// The OP frame of OpenID Connect Session Management 1.0 (§3.2): a site's frame posts "client_id session_state" and gets
// "unchanged", "changed" or "error". The hash binds client, origin and the browser's state, which never leaves this page.

const NAME = document.body.dataset.cookie + "=";

const browserState = () => {
  const found = document.cookie.split("; ").find((pair) => pair.startsWith(NAME));
  return found ? found.slice(NAME.length) : "";
};

// Who embeds this page, as far as the browser tells: nobody else may ask (§3.2).
const embedder = () => {
  if (location.ancestorOrigins && location.ancestorOrigins.length) return location.ancestorOrigins[0];
  return document.referrer ? new URL(document.referrer).origin : null;
};

const digest = async (text) => {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
};

const answer = async (message, origin) => {
  const parts = typeof message === "string" && message.length < 1000 ? message.split(" ") : [];
  const [hash, salt, ...more] = (parts[1] || "").split(".");
  if (parts.length !== 2 || !parts[0] || !hash || !salt || more.length) return "error";
  return hash === await digest(`${parts[0]} ${origin} ${browserState()} ${salt}`) ? "unchanged" : "changed";
};

addEventListener("message", async (event) => {
  const known = embedder();
  if (!event.source || event.source === window || event.origin === "null") return;
  if (known !== null && known !== event.origin) return;
  event.source.postMessage(await answer(event.data, event.origin).catch(() => "error"), event.origin);
});
