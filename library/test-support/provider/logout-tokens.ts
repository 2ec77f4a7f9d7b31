/** Logout tokens as a provider sends them, every part of which a test can choose. */
import { randomUUID } from "node:crypto";
import type { Json, LyingProvider } from "./lies.ts";
import type { SigningKey } from "./signing.ts";
import { signJwt } from "./signing.ts";

export const LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout";

/** What is other than in an honest token; `undefined` leaves the member out. */
export interface Bent {
  readonly claims?: Json;
  readonly header?: Json;
  readonly key?: SigningKey;
  readonly now?: number;
}

/** The claims of an honest token for this client, which names neither `sub` nor `sid`. */
export function logoutClaims({ issuer, clientId }: Pick<LyingProvider, "issuer" | "clientId">, now = Date.now()): Json {
  const seconds = Math.floor(now / 1_000);
  return { iss: issuer, aud: clientId, iat: seconds, exp: seconds + 120, jti: randomUUID(), events: { [LOGOUT_EVENT]: {} } };
}

/** A logout token of Alice's session at this provider. */
export function logoutToken(op: LyingProvider, { claims = {}, header = {}, key = op.signs, now }: Bent = {}): string {
  const honest = { ...logoutClaims(op, now), sub: "alice", sid: "sid-alice" };
  return signJwt({ alg: key.alg, kid: key.kid, typ: "logout+jwt", ...header }, { ...honest, ...claims }, key);
}

/** The form that a provider posts. */
export const logoutForm = (token: string): string => new URLSearchParams({ logout_token: token }).toString();
