/** Our own targets: the example app on each adapter, fresh for every module. */
import { randomBytes } from "node:crypto";
import { coatcheck } from "coatcheck";
import type { AuditEvent, SessionStore, StatelessStore, Strategy } from "coatcheck/contracts";
import { sealedCookie } from "coatcheck/cookie";
import { fakeProvider, manualClock } from "coatcheck/testing";
import { type Build, listen, onExpress, onFetch, onHono, onNode } from "./app/adapters.ts";
import { pages } from "./app/pages.ts";
import { controlledStore } from "./app/store.ts";
import type { Gate, Target } from "./target.ts";

/** A target of our own: fresh for every module, so that none sees what another left. */
export interface OwnTarget {
  readonly name: string;
  open(): Promise<{ readonly target: Target } & AsyncDisposable>;
}

const ORIGIN = "https://app.example.com";
const PREFIX = "/auth";
const COOKIE = "__Host-Http-coatcheck";
const HOUR = 60 * 60_000;
const IDLE = HOUR;
const LIFETIME = 24 * HOUR;
const TOKEN_LIFETIME = HOUR / 12;
const SECRET = randomBytes(32).toString("base64url");
const TOKEN = "a-token-of-the-robot";

/** Lets `robot` in by a bearer token, as an app's own strategy would; any other token is refused. */
const bearer: Strategy = {
  name: "bearer",
  ambient: false,
  presented: (request) => tokenIn(request.header("authorization")) !== undefined,
  examine({ request, now }) {
    const token = tokenIn(request.header("authorization"));
    if (token === undefined) return { kind: "abstain" };
    if (token !== TOKEN) {
      return { kind: "refuse", status: 401, code: "ERR_INVALID_CREDENTIAL", challenge: 'Bearer error="invalid_token"' };
    }
    const identity = { issuer: "robots", subject: "robot", claims: {}, authenticatedAt: now, method: "bearer" };
    return { kind: "principal", principal: { identity, owner: "robots robot", ambient: false } };
  },
};

function tokenIn(authorization: string | undefined): string | undefined {
  return /^bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
}

function gate(): Gate & { wait(): Promise<void> } {
  let closed: PromiseWithResolvers<void> | null = null;
  let arrived = Promise.withResolvers<void>();
  return {
    hold() {
      closed = Promise.withResolvers();
      arrived = Promise.withResolvers();
      return arrived.promise;
    },
    release() {
      closed?.resolve();
      closed = null;
    },
    async wait() {
      arrived.resolve();
      await closed?.promise;
    },
  };
}

/** Where the sessions of a target are: in its store, or in their cookies, beside a store for markers or none. */
export type Sealed = "no" | "marks" | "alone";

/** What `coatcheck()` is told of it. In their cookies sessions hold no tokens, and alone nothing can end them. */
function placeOf(sealed: Sealed, store: SessionStore) {
  const place: SessionStore | StatelessStore =
    sealed === "no" ? store : sealed === "marks" ? sealedCookie({ marks: store }) : sealedCookie();
  const never = { refresh: { policy: "never" } } as const;
  return { store: place, frontchannelLogout: sealed !== "alone", ...(sealed === "no" ? {} : never) };
}

/**
 * The example app on an adapter, behind an imagined TLS, with a store, a clock and a strategy that the modules control.
 */
export function ownTarget(name: string, build: Build, sealed: Sealed = "no"): OwnTarget {
  return {
    name,
    async open() {
      const clock = manualClock();
      const store = controlledStore();
      const slow = gate();
      const users = [{ subject: "alice" }, { subject: "bob" }];
      const provider = fakeProvider({ users, clock, tokenLifetime: TOKEN_LIFETIME });
      const events: AuditEvent[] = [];
      const auth = coatcheck({
        publicUrl: ORIGIN,
        secrets: SECRET,
        ...placeOf(sealed, store),
        clock,
        provider,
        prefix: PREFIX,
        session: { idle: IDLE, lifetime: LIFETIME },
        trustedOrigins: ["https://partner.example.net"],
        strategies: [bearer],
        on: (event) => events.push(event),
      });
      // What is said at the start is no event of a request.
      events.splice(0);
      const server = await listen(
        await build(
          auth,
          pages(() => slow.wait()),
        ),
      );
      const target: Target = {
        name,
        url: `http://127.0.0.1:${server.port}`,
        origin: ORIGIN,
        prefix: PREFIX,
        cookie: COOKIE,
        beside: sealed === "no" ? [] : [`${COOKIE}.1`, `${COOKIE}.seen`],
        app: {
          clock,
          store,
          provider,
          events,
          slow,
          tokenLifetime: TOKEN_LIFETIME,
          bearer: TOKEN,
          idle: IDLE,
          lifetime: LIFETIME,
        },
      };
      return {
        target,
        async [Symbol.asyncDispose]() {
          slow.release();
          await server[Symbol.asyncDispose]();
          await auth.close();
        },
      };
    },
  };
}

/** Every server that the modules examine if no other is named. */
export const OWN_TARGETS: readonly OwnTarget[] = [
  ownTarget("node", onNode),
  ownTarget("express", onExpress),
  ownTarget("hono", onHono),
  ownTarget("fetch", onFetch),
];

/** The same with sessions in their cookies. */
export const SEALED_TARGETS: Readonly<Record<Exclude<Sealed, "no">, readonly OwnTarget[]>> = {
  marks: [ownTarget("fetch", onFetch, "marks"), ownTarget("express", onExpress, "marks")],
  alone: [ownTarget("fetch", onFetch, "alone")],
};

/** A foreign server, by its address: only the public contract is known of it. */
export function foreignTarget(address: string): Target {
  const url = new URL(address);
  return {
    name: url.origin,
    url: url.origin,
    origin: url.origin,
    prefix: url.pathname === "/" ? PREFIX : url.pathname.replace(/\/$/, ""),
    cookie: url.protocol === "https:" ? COOKIE : "coatcheck",
    beside: [],
    app: null,
  };
}
