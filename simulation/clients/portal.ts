/** The portal: an authenticating proxy that asserts its user in a header, and the reader of that header. */
import type { Identity, ProxyReader } from "coatcheck/contracts";
import type { Via } from "../script/script.ts";

/** The name under which the portal's users are known. */
export const PORTAL = "https://portal.test";
const PEER = "10.0.0.1";
const STRANGER = "203.0.113.9";
const USER = "x-portal-user";
const SINCE = "x-portal-since";
const FLAW = "x-portal-flaw";

/** The user whom the portal asserts. */
export interface Assertion {
  readonly subject: string;
  /** A claim that changes with every sign-on there. */
  readonly since: number;
}

/** What became of a request on its way to us. */
export interface ProxyRequest {
  readonly peer: string;
  readonly headers: readonly (readonly [string, string])[];
  /** Whom it is to be served as: what a trusted peer says, and nothing else. */
  readonly asserts: Assertion | null;
  /** What it is to be answered, where what the portal said is of no use. */
  readonly unusable: number | null;
}

const BYPASSED: ProxyRequest = { peer: STRANGER, headers: [], asserts: null, unusable: null };
const UNUSABLE = { garbled: 400, unproven: 401, unsure: 503 } as const;

/** A request goes through the portal, or around it, with or without a forged header. */
export function pass(via: Via, named: Assertion | null, forged: string): ProxyRequest {
  switch (via) {
    case "portal":
      return { peer: PEER, headers: named === null ? [] : headersOf(named), asserts: named, unusable: null };
    case "forged":
      return { ...BYPASSED, headers: headersOf({ subject: forged, since: 0 }) };
    case "direct":
      return BYPASSED;
    case "garbled":
    case "unproven":
    case "unsure":
      return { peer: PEER, headers: [[FLAW, via]], asserts: null, unusable: UNUSABLE[via] };
  }
}

function headersOf({ subject, since }: Assertion): ProxyRequest["headers"] {
  return [
    [USER, subject],
    [SINCE, String(since)],
  ];
}

/** Believes the portal's address alone. */
export const portalReader: ProxyReader = {
  headers: [USER, SINCE, FLAW],
  read(request) {
    const flaw = request.header(FLAW);
    if (flaw === "garbled") return { kind: "malformed", reason: USER };
    if (flaw === "unproven") return { kind: "invalid", cause: null };
    if (flaw !== undefined) throw new Error("the portal's keys cannot be had");
    const subject = request.header(USER);
    if (subject === undefined) return { kind: "absent" };
    if (request.peer !== PEER) return { kind: "stripped", reason: "peer" };
    const claims = { since: Number(request.header(SINCE)) };
    const identity: Identity = { issuer: PORTAL, subject, claims, authenticatedAt: 0, method: "proxy" };
    return { kind: "asserted", identity };
  },
};

/** How the portal's users are named where no owner is known. */
export function portalName(subject: string): string {
  return `${PORTAL} ${subject}`;
}
