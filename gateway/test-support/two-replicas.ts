import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { RequestListener } from "node:http";
import type { SessionStore } from "coatcheck";
import { sqlite } from "coatcheck/sqlite";
import { temporaryFolder } from "../../tools/suite/temporary-folder.ts";
import { Browser } from "./browser.ts";
import type { FullGateway } from "./full-gateway.ts";
import { SCRIPT, startFullGateway } from "./full-gateway.ts";
import { type MovingClock, movingClock } from "./moving-clock.ts";
import type { TestProvider } from "./provider.ts";
import { CLIENT, testProvider } from "./provider.ts";
import { ready } from "./ready.ts";
import type { Answered } from "./talk.ts";

/** How long access tokens live here. */
export const TOKEN_LIFETIME = 300_000;
/** Past the end of a token, and long before that of a session. */
export const RAN_OUT = TOKEN_LIFETIME + 1_000;
export const UNCONFIRMED = 600_000;

/** Two gateways on one file of sessions, and their provider, which hands out tokens for five minutes. */
export interface TwoReplicas extends AsyncDisposable {
  readonly a: FullGateway;
  readonly b: FullGateway;
  readonly provider: TestProvider;
  readonly clock: MovingClock;
  /** Signs a user in at the first gateway. */
  signIn(sub: string): Promise<Browser>;
  /** A page's script asks. */
  get(gateway: FullGateway, browser: Browser, path?: string): Promise<Answered>;
  statuses(browser: Browser): Promise<readonly number[]>;
  /** Lines of an event in the logs of both, about one session. */
  logged(event: string, browser: Browser): readonly string[];
}

export interface TwoReplicasOptions {
  /** What answers behind both. */
  readonly app?: RequestListener;
  /** Another app, for all but the routes that get the token. */
  readonly origin?: string;
  /** `refresh.policy` of both. */
  readonly refresh?: "keep-in-step" | "on-demand";
}

/** Starts them. The routes `/token` and `/bearer` forward the access token. */
export async function twoReplicas({ app, origin, refresh }: TwoReplicasOptions = {}): Promise<TwoReplicas> {
  await using open = new AsyncDisposableStack();
  const folder = open.use(temporaryFolder("two-replicas"));
  const clock = movingClock();
  const provider = open.use(await testProvider(() => clock.now()));
  provider.lifetime = TOKEN_LIFETIME / 1000;
  await provider.start();
  const secrets = [randomBytes(32).toString("base64url")];
  const start = async (): Promise<FullGateway> => {
    const store: SessionStore = sqlite(folder.file("sessions.db"));
    const gateway = await startFullGateway({
      world: { clock },
      store,
      config: {
        secrets,
        providers: [{ issuer: provider.issuer, ...CLIENT }],
        session: { unconfirmed: `${UNCONFIRMED / 1000}s` },
        ...(refresh === undefined ? {} : { refresh: { policy: refresh } }),
      },
      upstreams: [
        { access: "user", ...(origin === undefined ? {} : { url: origin }) },
        { access: "user", token: "header", paths: ["/token"] },
        { access: "user", token: "authorization", paths: ["/bearer"] },
      ],
      ...(app === undefined ? {} : { app }),
    });
    return open.use(gateway);
  };
  const [a, b] = [await start(), await start()];
  await Promise.all([ready(a), ready(b)]);
  const get = (gateway: FullGateway, browser: Browser, path = "/a"): Promise<Answered> =>
    gateway.ask(path, { headers: { ...SCRIPT, cookie: browser.ticket } });
  const kept = open.move();
  return {
    a,
    b,
    provider,
    clock,
    async signIn(sub) {
      provider.user = { sub };
      const browser = new Browser();
      const landed = await browser.login(a.port);
      assert.equal(landed.status, 303, landed.text);
      return browser;
    },
    get,
    statuses: async (browser) => (await Promise.all([get(a, browser), get(b, browser)])).map(({ status }) => status),
    logged: (event, browser) =>
      [...a.log, ...b.log].filter((line) => line.includes(`"event":"${event}"`) && line.includes(idOf(browser))),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** The handle of the session of a browser. */
export const idOf = ({ ticket }: Browser): string => ticket.slice(ticket.indexOf("=") + 1, ticket.indexOf("."));
