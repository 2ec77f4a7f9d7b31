/** One answer of a token endpoint, read by us and by openid-client: what both make of it must be the same. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { None } from "openid-client";
import type { Identity, ProviderTokens, RefreshOutcome } from "../../src/contracts.ts";
import { systemClock } from "../../src/engine/system.ts";
import { beginning } from "../../src/oidc/http/exchange.ts";
import { ProviderProblem } from "../../src/oidc/http/provider-problem.ts";
import { boundedTransport } from "../../src/oidc/http/transport.ts";
import { usableKeys } from "../../src/oidc/jwt/key-set.ts";
import { settleProviderConfig } from "../../src/oidc/provider/config.ts";
import type { Metadata } from "../../src/oidc/provider/discovery.ts";
import { presetOf } from "../../src/oidc/provider/presets/presets.ts";
import type { Ready } from "../../src/oidc/provider/ready.ts";
import { refreshTokens } from "../../src/oidc/provider/refresh/refresh.ts";
import { grantRequests, refreshRequests } from "../../src/oidc/provider/refresh/refresh-request.ts";
import { sendRefresh } from "../../src/oidc/provider/refresh/send-refresh.ts";
import { signingKey, signJwt } from "../provider/signing.ts";
import { refreshByOpenidClient } from "./refresh-by-openid-client.ts";

export const ISSUER = "https://op.example.com";
export const KEY = signingKey("first");
export const TOLERANCE = 30;
export const HEADER = { alg: KEY.alg, kid: KEY.kid, typ: "JWT" };

export interface Bytes {
  readonly status?: number;
  readonly headers?: { readonly [name: string]: string };
  readonly body: string | Uint8Array<ArrayBuffer>;
}

const IDENTITY: Identity = { issuer: ISSUER, subject: "alice", claims: {}, authenticatedAt: 0, method: "oidc:default" };

/** An honest answer's members. */
export const TOKENS = {
  access_token: "access",
  token_type: "Bearer",
  expires_in: 3_600,
  refresh_token: "refresh-2",
  scope: "openid",
};

/** An honest ID token's claims, at the time that it is. */
export const claimsNow = (): { [claim: string]: unknown } => {
  const now = Math.floor(Date.now() / 1_000);
  const half = createHash("sha256").update(TOKENS.access_token).digest().subarray(0, 16).toString("base64url");
  return { iss: ISSUER, sub: "alice", aud: "app", iat: now, exp: now + 300, at_hash: half, name: "Alice" };
};

export const idTokenOf = (change: object = {}, header: object = {}): string =>
  signJwt({ ...HEADER, ...header }, JSON.stringify({ ...claimsNow(), ...change }), KEY);

export const json = (body: unknown, status = 200, headers: { readonly [name: string]: string } = {}): Bytes => {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { status, headers: { "content-type": "application/json", ...headers }, body: text };
};

export const withTokens = (change: object): Bytes => json({ ...TOKENS, ...change });
export const withIdToken = (id_token: unknown): Bytes => withTokens({ id_token });

const config = settleProviderConfig({ issuer: ISSUER, clientId: "app", clientSecret: "s", clockTolerance: TOLERANCE * 1_000 });
const metadata: Metadata = {
  issuer: ISSUER,
  authorization_endpoint: `${ISSUER}/authorize`,
  token_endpoint: `${ISSUER}/token`,
  jwks_uri: `${ISSUER}/keys`,
};
const keys = usableKeys(JSON.stringify({ keys: [KEY.jwk] }));

function readyFor({ status = 200, headers = {}, body }: Bytes): Ready {
  const fetch = async () => new Response(body, { status, headers });
  const never = () => assert.fail("openid-client is not asked");
  const grantRequest = grantRequests({ config, clock: systemClock, metadata, authentication: None() });
  return {
    config,
    metadata,
    preset: presetOf(null, metadata),
    clock: systemClock,
    transport: boundedTransport(config, systemClock, beginning(fetch)),
    keys: { matching: ({ kid }) => keys.filter((key) => kid === null || key.kid === kid) },
    call: never,
    refreshRequest: refreshRequests(grantRequest),
    grantRequest,
  };
}

export interface Told {
  readonly outcome: object;
  /** In one word for tables: what became of the tokens, and which check says so. */
  readonly word: string;
}

const held = (idToken: string | null, refreshToken: string): ProviderTokens => {
  return { accessToken: "old", refreshToken, idToken, scope: null, expires: 0 };
};

export const toldByUs = (bytes: Bytes): Promise<Told> => outcomeBy(sendRefresh, readyFor(bytes), held(null, "refresh-1"));

/** The outcome of both, which have to agree. */
export async function told(bytes: Bytes, kept: string | null = null, refreshToken = "refresh-1"): Promise<Told> {
  const before = held(kept, refreshToken);
  const [ours, theirs] = await Promise.all(
    [sendRefresh, refreshByOpenidClient].map((by) => outcomeBy(by, readyFor(bytes), before)),
  );
  assert.ok(ours !== undefined && theirs !== undefined);
  assert.deepEqual(ours.outcome, theirs.outcome, `${JSON.stringify(bytes)}: ours is not openid-client's`);
  return ours;
}

async function outcomeBy(spending: typeof sendRefresh, ready: Ready, before: ProviderTokens): Promise<Told> {
  const aside: string[] = [];
  const report = ({ reason }: { readonly reason?: string | null }): void => void aside.push(reason ?? "");
  const refresher = { ready: () => ready, config, clock: systemClock, report };
  const outcome = await refreshTokens(refresher, before, IDENTITY, spending);
  return { outcome: { ...outcome, ...causeOf(outcome), aside }, word: wordOf(outcome, aside) };
}

function causeOf(outcome: RefreshOutcome): { readonly cause?: object } {
  if (!("cause" in outcome)) return {};
  assert.ok(outcome.cause instanceof ProviderProblem);
  const { kind, check, errorCode, ambiguous, retryAfter } = outcome.cause;
  return { cause: { kind, check, errorCode, ambiguous, retryAfter } };
}

function wordOf(outcome: RefreshOutcome, aside: readonly string[]): string {
  const reasons = "cause" in outcome && outcome.cause instanceof ProviderProblem ? [outcome.cause.check] : aside;
  const doubt = outcome.kind === "refused" && outcome.doubtful === true ? "doubtful" : outcome.kind;
  return [doubt, ...reasons].join(" ");
}
