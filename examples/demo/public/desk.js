/** Fills in what the gateway tells the page's own scripts about the session. */
import { client } from "/assets/session.js";

const at = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const byId = (id) => document.getElementById(id);

try {
  const known = await client.session();
  if (known === null) location.reload();
  else show(known);
} catch (error) {
  byId("handle").textContent = `not to be had right now (${error.code})`;
}

function show({ identity, session }) {
  byId("handle").textContent = session.id;
  byId("created").textContent = at.format(session.createdAt);
  count(byId("idle"), session.idleExpiresAt);
  count(byId("expires"), session.expiresAt);
  byId("claim-rows").replaceChildren(...Object.entries(identity.claims).map(([name, value]) => row(name, value)));
}

function row(name, value) {
  const line = document.createElement("tr");
  const head = document.createElement("th");
  head.scope = "row";
  const code = document.createElement("code");
  code.textContent = name;
  head.append(code);
  const cell = document.createElement("td");
  cell.textContent = typeof value === "string" ? value : Array.isArray(value) ? value.join(", ") : JSON.stringify(value);
  line.append(head, cell);
  return line;
}

/** The time, and how long it is till then. */
function count(element, until) {
  const left = document.createElement("span");
  left.className = "dim";
  element.replaceChildren(`${at.format(until)} `, left);
  const tick = () => {
    const seconds = Math.max(0, Math.round((until - Date.now()) / 1000));
    left.textContent = `in ${[Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map((part) => String(part).padStart(2, "0")).join(":")}`;
  };
  tick();
  setInterval(tick, 1000);
}
