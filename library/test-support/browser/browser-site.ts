/**
 * A site for real browsers: Coatcheck behind plain Node, a provider to sign in at, and pages that load the client as
 * it is.
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { coatcheckNode } from "../../src/adapters/node.ts";
import type { SessionStore } from "../../src/contracts.ts";
import type { Auth, SessionOptions } from "../../src/index.ts";
import { coatcheck } from "../../src/index.ts";
import { memory } from "../../src/stores/memory.ts";
import { fakeProvider } from "../../src/testing/fake-provider.ts";
import { overStore } from "../../src/testing/over-store.ts";
import { listen, onFreePort } from "../talk.ts";

const CLIENT = join(import.meta.dirname, "../../src/client");

/** What the page may do: run scripts of its own origin, and ask it. No inline script, no eval. */
const POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'";

const PAGE = `<!doctype html><title>App</title><script type="module" src="/page.js"></script>
<p id="who"></p><ol id="changes"></ol>`;

/** Writes down what it hears, and gives the client to the test. */
const SCRIPT = `
import { sessionClient } from "/client/session-client.ts";
const who = (session) => session === null ? "nobody" : session.identity.claims.name;
const client = sessionClient();
client.subscribe((session, before) => {
  const item = document.createElement("li");
  item.textContent = who(before) + " > " + who(session);
  document.getElementById("changes").append(item);
});
window.client = client;
document.getElementById("who").textContent = await client.session().then(who, (error) => error.code);
`;

export interface BrowserSite extends AsyncDisposable {
  readonly origin: string;
  readonly auth: Auth<unknown>;
  /** Requests that came, as "GET /auth/session 200". */
  readonly requests: string[];
  /** Who signs in next. */
  user: string;
  /** The store does not answer. */
  down: boolean;
  /** How many requests to `/busy` get 503 with Retry-After first. */
  busy: number;
  /** From now on no answer comes, as if the server were gone. */
  stop(): void;
  start(): void;
}

export async function browserSite(session?: SessionOptions): Promise<BrowserSite> {
  let gone = false;
  const requests: string[] = [];
  let serve: (request: IncomingMessage, response: ServerResponse) => void = (_, response) => response.end();
  const app = await listen((request, response) => {
    if (gone) {
      request.socket.destroy();
      return;
    }
    response.on("finish", () => requests.push(`${request.method} ${request.url} ${response.statusCode}`));
    serve(request, response);
  });
  const origin = `http://localhost:${app.port}`;
  const desk = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://provider");
    if (url.pathname !== "/authorize") response.end("Signed out at the provider.");
    else response.writeHead(302, { location: provider.approve(url.href, site.user) }).end();
  });
  const port = await onFreePort(desk);
  const provider = fakeProvider({
    issuer: `http://127.0.0.1:${port}`,
    users: ["alice", "bob"].map((subject) => ({ subject, claims: { name: subject } })),
  });
  const store = memory();
  const auth = coatcheck<unknown>({
    publicUrl: origin,
    secrets: randomBytes(32).toString("base64url"),
    store: failing(store, () => site.down),
    provider,
    ...(session === undefined ? {} : { session }),
  });
  const site: BrowserSite = {
    origin,
    auth,
    requests,
    user: "alice",
    down: false,
    busy: 0,
    stop() {
      gone = true;
      app.server.closeAllConnections();
    },
    start() {
      gone = false;
    },
    async [Symbol.asyncDispose]() {
      desk.closeAllConnections();
      desk.close();
      await app[Symbol.asyncDispose]();
      await auth.close();
      await store.close();
    },
  };
  const web = coatcheckNode(auth);
  serve = web.handler((request, response, { identity }) => answer(request, response, identity === null ? 401 : 200, site));
  return site;
}

function failing(store: SessionStore, isDown: () => boolean): SessionStore {
  return overStore(store, {
    get: (id) => {
      if (isDown()) throw new Error("the store is down");
      return store.get(id);
    },
  });
}

const HTML = { "content-type": "text/html" };

function answer(request: IncomingMessage, response: ServerResponse, status: number, site: BrowserSite): void {
  const { pathname } = new URL(request.url ?? "/", site.origin);
  const file = /^\/client\/([a-z-]+\.ts)$/.exec(pathname)?.[1];
  if (pathname === "/favicon.ico") response.writeHead(404).end();
  else if (file !== undefined) script(response, stripTypeScriptTypes(readFileSync(join(CLIENT, file), "utf8")));
  else if (pathname === "/page.js") script(response, SCRIPT);
  else if (pathname === "/busy" && site.busy > 0) {
    site.busy -= 1;
    response.writeHead(503, { "retry-after": "1" }).end();
  } else if (pathname === "/api" || pathname === "/busy") response.writeHead(status).end(String(status));
  // The page says who is signed in by its script alone, so that the browser may keep it for its back button.
  else response.writeHead(200, { ...HTML, "cache-control": "no-cache", "content-security-policy": POLICY }).end(PAGE);
}

function script(response: ServerResponse, text: string): void {
  response.writeHead(200, { "content-type": "text/javascript" }).end(text);
}
