/** Reads the members of a token response, within our limits. */
import { MAX_DEPTH } from "../../core/record.ts";
import { ProviderProblem } from "../http/provider-problem.ts";
import { ReadResponse, rawHeaders } from "../http/read-response.ts";
import { deeperThan } from "../http/transport.ts";
import type { KeyHint } from "../jwt/key-set.ts";

/** The answer of a token endpoint before openid-client sees it, and which key its ID token says it was signed with. */
interface InspectedAnswer {
  readonly response: ReadResponse;
  readonly hint: KeyHint | null;
}

/** Longest ID token that is looked at; some hundred groups fit. */
const MAX_ID_TOKEN = 65_536;
const MAX_KID = 256;
/** A lifetime above this is a mistake of the provider (TK-09). */
const MAX_EXPIRES_IN = 366 * 86_400;

/** Checks what openid-client leaves open of the answer to a code: its members, and what the ID token says of itself. */
export function inspectTokenAnswer(response: ReadResponse, alg: string): InspectedAnswer {
  if (response.status !== 200) return { response, hint: null };
  const body = tokenMembers(response.content);
  const hint = body.has("id_token") ? hintOf(body.get("id_token"), alg) : null;
  return { response: new ReadResponse(200, JSON_TYPE, Object.fromEntries(body)), hint };
}

const JSON_TYPE = rawHeaders(["content-type", "application/json"]);

/**
 * The members of an answer with tokens: tokens can travel in a header, and an `expires_in` that is no sane number is
 * left out.
 */
export function tokenMembers(content: string): Map<string, unknown> {
  const members = objectOf(content, "token");
  for (const name of ["access_token", "refresh_token"]) {
    const token = members.get(name);
    if (typeof token === "string" && !/^[\x21-\x7e]+$/.test(token)) throw invalid("token", `the ${name} has illegal characters`);
  }
  if (!sane(members.get("expires_in"))) members.delete("expires_in");
  return members;
}

function sane(expiresIn: unknown): boolean {
  const seconds = typeof expiresIn === "string" && /^\d{1,9}$/.test(expiresIn) ? Number(expiresIn) : expiresIn;
  return typeof seconds === "number" && seconds > 0 && seconds <= MAX_EXPIRES_IN;
}

function hintOf(token: unknown, expected: string): KeyHint {
  const { header, payload } = partsOfIdToken(token);
  checkPayloadDepth(Buffer.from(payload, "base64url"));
  return hintIn(Buffer.from(header, "base64url"), expected);
}

/** The ID token is one compact JWS of bounded size (ID-16). */
export function partsOfIdToken(token: unknown): { readonly header: string; readonly payload: string } {
  if (typeof token !== "string" || token.length > MAX_ID_TOKEN) throw invalid("id_token", "the ID token is missing or too long");
  const [, header, payload] = /^([\w-]+)\.([\w-]+)\.[\w-]+$/.exec(token) ?? [];
  if (header === undefined || payload === undefined) throw invalid("id_token", "the ID token is not a compact JWS");
  return { header, payload };
}

export function checkPayloadDepth(payload: Uint8Array): void {
  if (deeperThan(payload, MAX_DEPTH)) throw invalid("depth", "the ID token is nested too deeply");
}

/**
 * The key that an ID token's header names; it is signed as expected, without `crit`, and of no other kind (ID-01,
 * ID-15, ID-17).
 */
export function hintIn(header: Buffer, expected: string): KeyHint {
  const fields = objectOf(header.toString("utf8"), "id_token");
  const kid = fields.get("kid");
  const type = fields.get("typ");
  if (fields.get("alg") !== expected) throw invalid("alg", `the ID token is not signed with ${expected}`);
  if (fields.has("crit")) throw invalid("crit", "the ID token has critical extensions");
  if (type !== undefined && !(typeof type === "string" && /^(application\/)?jwt$/i.test(type)))
    throw invalid("typ", "the token is of another kind than an ID token");
  if (kid !== undefined && !(typeof kid === "string" && kid.length <= MAX_KID))
    throw invalid("kid", "the ID token's kid cannot be used");
  return { alg: expected, kid: kid ?? null };
}

function objectOf(text: string, check: string): Map<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid(check, "the provider's answer is not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid(check, "the provider's answer is no JSON object");
  return new Map<string, unknown>(Object.entries(value));
}

const invalid = (check: string, message: string): ProviderProblem =>
  new ProviderProblem("invalid", check, message, { ambiguous: true });
