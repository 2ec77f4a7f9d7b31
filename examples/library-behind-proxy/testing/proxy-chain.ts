/** The whole chain behind a public name: web server, authenticating proxy, provider and app. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Auth, SessionStore } from "coatcheck";
import { memory } from "coatcheck/memory";
import { closeServer, freePort, listenNear } from "../../demo/ports.ts";
import { developmentKeys } from "../../demo/provider/keys.ts";
import { developmentProvider } from "../../demo/provider/provider.ts";
import { notesApp } from "../app.ts";
import { UsersInMemory } from "../users.ts";
import type { Front } from "./fronts.ts";
import { type Door, type Ground, HOST } from "./ground.ts";
import type { SignOn } from "./sign-on.ts";

/** Provider, authenticating proxy, web server and app: all that a request passes. */
export interface ProxyChain extends AsyncDisposable {
  readonly ground: Ground;
  readonly door: Door;
  readonly front: Front;
  readonly signOn: SignOn;
  readonly auth: Auth<{ readonly notes?: readonly string[] }>;
  readonly users: UsersInMemory;
  /** Whose sessions were stored, in order. */
  readonly stored: (string | null)[];
  /** The `Cookie` of every request that reached the app. */
  readonly cookies: string[];
  /** Names of the events that the app's session layer reported. */
  readonly events: string[];
  /** The authenticating proxy is gone. */
  loseSignOn(): Promise<void>;
}

export async function openProxyChain(front: Front, signOn: SignOn): Promise<ProxyChain> {
  await using opened = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "coatcheck-behind-"));
  opened.defer(() => rmSync(folder, { recursive: true, force: true }));
  const keys = developmentKeys(folder);

  const provider = createServer();
  opened.defer(() => closeServer(provider));
  const issuer = `http://127.0.0.1:${await listenNear(provider, 0)}`;
  const port = await freePort(0);
  const signOnPort = await freePort(0, [port]);
  const origin = `https://${HOST}:${port}`;
  const ground: Ground = { folder, port, origin, issuer, clientSecret: keys.clientSecret, signOnPort };
  const client = { id: "app", name: "The app", origin, callback: signOn.callback };
  provider.on("request", developmentProvider(issuer, client, keys).callback);

  const users = new UsersInMemory({ alice: "Alice Archer", bob: "Bob Baker" });
  const stored: (string | null)[] = [];
  const events: string[] = [];
  const secret = randomBytes(32).toString("base64url");
  const { app, auth } = notesApp({
    publicUrl: origin,
    secret: keys.appSecret,
    store: journaled(memory(), stored),
    users,
    proxy: {
      trusted: [front.trusted],
      signOutUrl: signOn.signOutUrl(ground),
      ...(front.secret ? { secret: { header: "x-proxy-secret", value: secret } } : {}),
    },
    on: ({ name }) => void events.push(name),
  });
  opened.defer(() => auth.close());
  const cookies: string[] = [];
  const answer: RequestListener = (request, response) => {
    cookies.push(request.headers.cookie ?? "");
    app(request, response);
  };
  const byPort = createServer(answer);
  opened.defer(() => closeServer(byPort));
  const bySocket = createServer(answer);
  opened.defer(() => closeServer(bySocket));
  const door = { port: await listenNear(byPort, 0), socket: join(folder, "app.sock"), secret };
  bySocket.listen(door.socket);
  await once(bySocket, "listening");

  const signing = opened.use(await signOn.start(ground));
  opened.use(await front.start(ground, door));
  const rest = opened.move();
  return {
    ground,
    door,
    front,
    signOn,
    auth,
    users,
    stored,
    cookies,
    events,
    loseSignOn: async () => signing[Symbol.asyncDispose](),
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

/** Writes down whose sessions begin. */
function journaled(store: SessionStore, stored: (string | null)[]): SessionStore {
  const put = store.put.bind(store);
  return Object.assign(store, {
    put: (...[row, condition]: Parameters<SessionStore["put"]>) => {
      if (condition === "absent") stored.push(row.owner);
      return put(row, condition);
    },
  });
}
