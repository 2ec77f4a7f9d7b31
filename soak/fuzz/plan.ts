/** Draws connections from the seed: their requests, credentials, flaws, pace and endings, as data. */
import { type Random, randomOf } from "../random.ts";
import { FLAWS } from "./clients/flaws.ts";
import type { Manner } from "./servers/answering.ts";
import { CALM, REJECTS } from "./servers/manners-calm.ts";
import { HANDSHAKES, ROUGH } from "./servers/manners-rough.ts";

export type Rule = "public" | "optional" | "user" | "groups" | "api" | "token";
export type Credential = "none" | "member" | "other" | "gone" | "garbage" | "tampered" | "robot" | "bogus-bearer" | "both";

/** One request, as it was drawn: no bytes, no secrets. */
export interface RequestPlan {
  readonly id: string;
  readonly kind: "calm" | "rough" | "ws" | "own" | "check" | "nowhere";
  readonly rule: Rule;
  /** The way in which the app answers, or which of our endpoints it is. */
  readonly manner: string;
  readonly method: string;
  readonly minor: 0 | 1;
  readonly credential: Credential;
  /** Whose credential it is. */
  readonly person: number;
  /** What the browser says of where the request comes from. */
  readonly site: "same" | "cross" | "unsaid";
  readonly navigates: boolean;
  readonly body: Body | null;
  readonly expects: boolean;
  readonly upgrade: "websocket" | "h2c" | null;
  readonly connection: "close" | "keep-alive" | null;
  readonly flaw: string | null;
}

export interface Body {
  readonly length: number;
  readonly chunks: number;
  /** `bad-chunk`: its framing breaks in the middle; `cut`: the client ends there. */
  readonly end: "whole" | "bad-chunk" | "cut";
}

export interface ConnectionPlan {
  readonly index: number;
  readonly requests: readonly RequestPlan[];
  /** `pipeline`: all at once; `bits`: in small pieces; `turns`: each after the answer before it. */
  readonly pace: "pipeline" | "bits" | "turns";
  /** Milliseconds in which the client reads nothing; then it reads. */
  readonly deaf: number;
  /**
   * How it ends: `answered`: its side when everything is answered; `wait`: leaves that to the gateway; the others with
   * no regard to what is to come, `half` its side alone, which servers take for a client that is gone.
   */
  readonly ending: "answered" | "wait" | "half" | "destroy" | "reset";
  /** Milliseconds after the last byte sent, for those who go early. */
  readonly leaves: number;
  /** The store fails while it lasts. */
  readonly outage: boolean;
}

/** Whose session is to last is not logged out by what they send. */
const LASTING = new Set<Credential>(["member", "other", "both"]);
const METHODS = ["GET", "GET", "GET", "GET", "GET", "HEAD", "HEAD", "POST", "POST", "PUT", "DELETE", "OPTIONS"];
const RULES: readonly Rule[] = ["public", "optional", "optional", "user", "groups", "api", "token"];
const CREDENTIALS: readonly Credential[] = [
  ...(["none", "member", "member", "member", "other", "gone", "garbage", "tampered", "robot", "bogus-bearer", "both"] as const),
];
const OWN = ["session", "login", "callback", "callback-garbage", "logout", "nothing"];
const CHECKS = ["user", "optional", "api", "nothing"];

/** Every connection has chances of its own, so that one can be played again alone. */
export function planOf(seed: number, index: number): ConnectionPlan {
  const random = randomOf(seed, `connection ${index}`);
  const chance = (share: number): boolean => random.next() < share;
  const count = chance(0.3) ? 1 : Math.floor(random.between(2, 9));
  const requests: RequestPlan[] = [];
  while (requests.length < count) {
    const request = draw(random, `${index}.${requests.length}`);
    requests.push(request);
    // What follows would be bytes of the tunnel, or of a request that has no end.
    if (request.upgrade === "websocket" || request.body?.end === "cut") break;
  }
  const ending = chance(0.6) ? "answered" : chance(0.4) ? "wait" : (random.pick(["half", "destroy", "reset"] as const) ?? "half");
  return {
    index,
    requests,
    pace: random.pick(["pipeline", "pipeline", "bits", "turns"] as const) ?? "turns",
    deaf: chance(0.03) ? Math.floor(random.between(20, 400)) : 0,
    ending: requests.at(-1)?.body?.end === "cut" && (ending === "wait" || ending === "answered") ? "half" : ending,
    leaves: Math.floor(random.between(0, 25)),
    outage: chance(0.001),
  };
}

function draw(random: Random, id: string): RequestPlan {
  const chance = (share: number): boolean => random.next() < share;
  const upgrade = chance(0.05) ? (chance(0.85) ? "websocket" : "h2c") : null;
  const kind =
    upgrade === "websocket" && chance(0.9)
      ? "ws"
      : chance(0.6)
        ? "calm"
        : chance(0.6)
          ? "rough"
          : (random.pick(["own", "check", "nowhere"] as const) ?? "own");
  const rule = random.pick(RULES) ?? "public";
  const drawn = random.pick(METHODS) ?? "GET";
  const minor = chance(0.1) && upgrade === null ? 0 : 1;
  const bodied = upgrade === null && (drawn === "POST" || drawn === "PUT" || chance(0.02)) && !chance(0.1);
  const flaw = upgrade === null && !bodied && chance(0.05) ? (random.pick(FLAWS)?.name ?? null) : null;
  // What cannot be read is answered with a body, whatever it was meant to be.
  const body = bodied ? bodyOf(random, minor) : null;
  const unreadable = flaw !== null || (body !== null && body.end !== "whole" && drawn === "HEAD");
  const method = upgrade !== null || unreadable ? "GET" : drawn;
  const manner = mannerOf(random, kind, rule);
  const credential = random.pick(CREDENTIALS) ?? "none";
  const unasked = manner === "switch-unasked" && upgrade !== null ? "plain" : manner;
  return {
    id,
    kind,
    rule,
    manner: unasked === "logout" && LASTING.has(credential) ? "session" : unasked,
    method,
    minor,
    credential,
    person: Math.floor(random.between(0, 8)),
    site: chance(0.75) ? "same" : chance(0.5) ? "cross" : "unsaid",
    navigates: chance(0.25),
    body,
    expects: bodied && chance(0.3),
    upgrade,
    connection: chance(0.04) ? "close" : chance(0.3) ? "keep-alive" : null,
    flaw,
  };
}

function bodyOf(random: Random, minor: 0 | 1): Body {
  const size = random.next();
  const length = Math.floor(
    size < 0.8 ? random.between(0, 600) : size < 0.97 ? random.between(600, 40_000) : random.between(60_000, 90_000),
  );
  const end = random.next();
  const chunks = minor === 1 && random.next() < 0.5 ? Math.ceil(random.between(0, 5)) : 0;
  return { length, chunks, end: end < 0.93 || length < 2 ? "whole" : end < 0.96 && chunks > 0 ? "bad-chunk" : "cut" };
}

function mannerOf(random: Random, kind: RequestPlan["kind"], rule: Rule): string {
  if (kind === "own") return random.pick(OWN) ?? "session";
  if (kind === "check") return random.pick(CHECKS) ?? "user";
  if (kind === "nowhere") return "nowhere";
  if (kind === "ws") return weighed(random, HANDSHAKES);
  return weighed(random, kind === "rough" ? ROUGH : rule === "token" ? [...CALM, REJECTS] : CALM);
}

function weighed(random: Random, manners: readonly Manner[]): string {
  let left = random.next() * manners.reduce((sum, { weight }) => sum + weight, 0);
  for (const { name, weight } of manners) {
    left -= weight;
    if (left < 0) return name;
  }
  return manners[0]?.name ?? "";
}

/** Every way to answer, by its path. */
export const MANNERS: ReadonlyMap<string, Manner> = new Map([
  ...[...CALM, REJECTS].map((manner) => [`calm/${manner.name}`, manner] as const),
  ...ROUGH.map((manner) => [`rough/${manner.name}`, manner] as const),
  ...HANDSHAKES.map((manner) => [`ws/${manner.name}`, manner] as const),
]);
