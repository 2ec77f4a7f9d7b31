import type { RequestListener } from "node:http";
import { Browser, sessionIdOf } from "./browser.ts";
import type { FullGateway } from "./full-gateway.ts";
import { SCRIPT } from "./full-gateway.ts";
import { type MovingClock, movingClock } from "./moving-clock.ts";
import { gatewaysAtProvider } from "./provider/gateways-at-provider.ts";
import type { TestProvider } from "./provider/provider.ts";
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
  const clock = movingClock();
  await using open = new AsyncDisposableStack();
  const { provider, replica } = open.use(await gatewaysAtProvider(clock));
  provider.lifetime = TOKEN_LIFETIME / 1000;
  const start = (): Promise<FullGateway> =>
    replica({
      config: {
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
  const [a, b] = [await start(), await start()];
  const get = (gateway: FullGateway, browser: Browser, path = "/a"): Promise<Answered> =>
    gateway.ask(path, { headers: { ...SCRIPT, cookie: browser.ticket } });
  const kept = open.move();
  return {
    a,
    b,
    provider,
    clock,
    signIn(sub) {
      provider.user = { sub };
      return new Browser().signIn(a);
    },
    get,
    statuses: async (browser) => (await Promise.all([get(a, browser), get(b, browser)])).map(({ status }) => status),
    logged: (event, browser) =>
      [...a.log, ...b.log].filter((line) => line.includes(`"event":"${event}"`) && line.includes(sessionIdOf(browser.ticket))),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
