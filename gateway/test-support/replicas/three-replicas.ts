/** Three gateways on one store of several machines, and what tests of clocks and of tokens do with them. */
import { randomBytes } from "node:crypto";
import type { SessionStore } from "coatcheck";
import { Browser } from "../browser.ts";
import type { FullGateway } from "../full-gateway.ts";
import { ORIGIN, SCRIPT } from "../full-gateway.ts";
import { type MovingClock, movingClock } from "../moving-clock.ts";
import { type GatewaysAtProvider, gatewaysAtProvider } from "../provider/gateways-at-provider.ts";
import type { Answered } from "../talk.ts";

export const FIVE_MINUTES = 300_000;

/** A gateway, and its clock, which a test can put off. */
export interface Replica {
  readonly gateway: FullGateway;
  readonly clock: MovingClock;
}

export interface ThreeReplicas extends AsyncDisposable {
  readonly here: GatewaysAtProvider;
  readonly secret: string;
  /** Starts one whose clock is so far off; with a secret of its own if that is given. */
  replica(off?: number, secret?: string): Promise<Replica>;
}

const TOKENS = {
  audiences: [{ name: "api", scope: "read", lifetime: "5m", family: "1d", users: true }],
  accept: "api",
};

/** Starts a provider. `open`: a handle of its own on the store, for each replica. */
export async function threeReplicas(open: () => Promise<SessionStore>): Promise<ThreeReplicas> {
  const here = await gatewaysAtProvider();
  const secret = randomBytes(32).toString("base64url");
  return {
    here,
    secret,
    async replica(off = 0, own = secret) {
      const clock = movingClock();
      clock.pass(off);
      const gateway = await here.start({ store: await open(), world: { clock }, config: { secrets: [own], tokens: TOKENS } });
      return { gateway, clock };
    },
    [Symbol.asyncDispose]: () => here[Symbol.asyncDispose](),
  };
}

const form = (gateway: FullGateway, path: string, fields: Readonly<Record<string, string>>, headers = {}): Promise<Answered> =>
  gateway.ask(`/auth/${path}`, {
    method: "POST",
    headers: { ...SCRIPT, "content-type": "application/x-www-form-urlencoded", ...headers },
    body: `${new URLSearchParams(fields)}`,
  });

/** What a login gets that begins at the first gateway and ends at the second. */
export async function loginOver(
  first: FullGateway,
  second: FullGateway,
): Promise<{ readonly browser: Browser; readonly status: number }> {
  const browser = new Browser();
  const location = await browser.begin(first.port);
  const landed = await browser.send(second.port, await browser.approve(location), {
    headers: { accept: "text/html", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
  });
  return { browser, status: landed.status };
}

/** Tokens for the user of this browser. */
export async function tokensOf(gateway: FullGateway, browser: Browser) {
  const { text } = await form(gateway, "tokens", { audience: "api", scope: "read" }, { cookie: browser.ticket, origin: ORIGIN });
  const { access_token: access, refresh_token: refresh } = JSON.parse(text);
  return { access: String(access), refresh: String(refresh) };
}

export const refresh = (gateway: FullGateway, token: string): Promise<Answered> =>
  form(gateway, "tokens/refresh", { refresh_token: token });

export const revoke = (gateway: FullGateway, token: string): Promise<Answered> => form(gateway, "tokens/revoke", { token });

/** The status of a program's request with this token. */
export const statusOf = async (gateway: FullGateway, token: string): Promise<number> =>
  (await gateway.ask("/a", { headers: { ...SCRIPT, authorization: `Bearer ${token}` } })).status;
