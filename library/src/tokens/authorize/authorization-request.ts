/** What a program asks for when it sends a browser here (RFC 6749 s4.1.1, RFC 7636, RFC 8252). */
import { repeated } from "../../endpoints/parameters.ts";

/** A request whose answer can be sent back. */
export interface AuthorizationRequest {
  /** What the program calls itself. Nobody vouches for it. */
  readonly client: string;
  readonly redirectUri: string;
  readonly state: string | null;
  readonly audience: string;
  readonly scope: string;
  /** SHA-256 of the verifier, base64url. */
  readonly challenge: string;
}

/**
 * `page`: it is not known where an answer could go, so the person is told. `back`: the program is told, by an error
 * code of RFC 6749.
 */
type Read =
  | { readonly kind: "request"; readonly request: AuthorizationRequest }
  | { readonly kind: "page"; readonly wrong: string }
  | { readonly kind: "back"; readonly redirectUri: string; readonly state: string | null; readonly error: string };

/** They stand once each (RFC 6749 s3.1); others are ignored. */
const NAMES = [
  "response_type",
  "client_id",
  "redirect_uri",
  "state",
  "audience",
  "scope",
  "code_challenge",
  "code_challenge_method",
] as const;
const CLIENT = /^[\x21-\x7e]{1,64}$/;
const STATE = /^[\x20-\x7e]{1,256}$/;
const CHALLENGE = /^[A-Za-z0-9_-]{43}$/;
/** By address alone: `localhost` may be another machine's (RFC 8252 s8.3). Any port, no query, no fragment. */
const LOOPBACK = /^http:\/\/(?:127\.0\.0\.1|\[::1\]):([1-9]\d{0,4})(?:\/[A-Za-z0-9\-._~/]{0,200})?$/;

/** Reads the parameters of the address, or of the form that the person sent on. */
export function readAuthorization(given: URLSearchParams): Read {
  const twice = repeated(given, NAMES);
  if (twice !== undefined) return { kind: "page", wrong: `${twice} stands there more than once` };
  const client = given.get("client_id") ?? "";
  if (!CLIENT.test(client)) return { kind: "page", wrong: "client_id, the program's name, is missing or malformed" };
  const redirectUri = given.get("redirect_uri") ?? "";
  if (!isLoopback(redirectUri)) return { kind: "page", wrong: "redirect_uri is not http://127.0.0.1:PORT/…" };
  const state = given.get("state");
  if (state !== null && !STATE.test(state)) return { kind: "page", wrong: "state is malformed" };
  const back = (error: string): Read => ({ kind: "back", redirectUri, state, error });
  if (given.get("response_type") !== "code") return back("unsupported_response_type");
  const challenge = given.get("code_challenge") ?? "";
  // `plain` would send the proof along (AR-02).
  if (given.get("code_challenge_method") !== "S256" || !CHALLENGE.test(challenge)) return back("invalid_request");
  const audience = given.get("audience") ?? "";
  if (audience === "") return back("invalid_target");
  return { kind: "request", request: { client, redirectUri, state, audience, scope: given.get("scope") ?? "", challenge } };
}

function isLoopback(redirectUri: string): boolean {
  const port = LOOPBACK.exec(redirectUri)?.[1];
  return port !== undefined && Number(port) <= 65_535;
}

/** The request again, as the fields of a form. */
export function fieldsOf({ client, redirectUri, state, audience, scope, challenge }: AuthorizationRequest) {
  const fields: (readonly [name: string, value: string])[] = [
    ["response_type", "code"],
    ["client_id", client],
    ["redirect_uri", redirectUri],
    ["audience", audience],
    ["scope", scope],
    ["code_challenge", challenge],
    ["code_challenge_method", "S256"],
  ];
  return state === null ? fields : [...fields, ["state", state] as const];
}

/** The address at the program that has the answer; `iss` says whose it is (RFC 9207). */
export function answerAddress(redirectUri: string, answer: Readonly<Record<string, string | null>>, issuer: string): string {
  const url = new URL(redirectUri);
  for (const [name, value] of Object.entries({ ...answer, iss: issuer })) if (value !== null) url.searchParams.set(name, value);
  return url.href;
}
