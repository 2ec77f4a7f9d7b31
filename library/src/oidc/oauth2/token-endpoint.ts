/** The token endpoint of a provider that keeps RFC 6749 in its own way: its requests, and its answers made standard. */
import { secretNow } from "../../crypto/given-secret.ts";
import { errorCodeOf, isJson, membersOf } from "../http/oauth-error.ts";
import { fromErrorCode, ProviderProblem } from "../http/provider-problem.ts";
import { type AnswerHeaders, ReadResponse } from "../http/read-response.ts";
import { deeperThan, type Transport } from "../http/transport.ts";
import { failed } from "../provider/id-token-claims.ts";
import type { SettledOAuth2 } from "./config.ts";

/** Members of a token response are flat. */
const MAX_DEPTH = 8;

/** Sends a form with the client's credentials: by exactly one method (TK-03). */
export function clientRequest(config: SettledOAuth2, form: { readonly [name: string]: string }): RequestInit {
  const body = new URLSearchParams(form);
  const headers: { [name: string]: string } = {
    accept: "application/json",
    "content-type": "application/x-www-form-urlencoded",
    "user-agent": "coatcheck",
  };
  const secret = config.clientSecret === null ? "" : secretNow(config.clientSecret);
  if (config.clientAuthentication === "client_secret_basic") headers["authorization"] = basic(config.clientId, secret);
  else body.set("client_id", config.clientId);
  if (config.clientAuthentication === "client_secret_post") body.set("client_secret", secret);
  return { method: "POST", headers, body: body.toString() };
}

/** RFC 6749, section 2.3.1: both are form-encoded first. */
export function basic(clientId: string, secret: string): string {
  const [id, word] = [clientId, secret].map((part) => new URLSearchParams([["", part]]).toString().slice(1));
  return `Basic ${Buffer.from(`${id}:${word}`).toString("base64")}`;
}

/** Sends a grant to the token endpoint, and answers what RFC 6749 would have answered. */
export async function askForTokens(
  config: SettledOAuth2,
  transport: Transport,
  form: { readonly [name: string]: string },
  timeout: number,
): Promise<ReadResponse> {
  const answer = await transport.send("oauth2-token", config.endpoints.token, clientRequest(config, form), timeout);
  return standard(answer);
}

/**
 * An answer as RFC 6749, section 5, has it. GitHub reports errors with the status 200. Others answer in the form that
 * the specification had as a draft, or call their JSON plain text.
 */
function standard(answer: ReadResponse): ReadResponse {
  const members = membersIn(answer);
  if (members === null) return answer;
  const isError = answer.status === 200 && errorCodeOf(members) !== null && !members.has("access_token");
  return new ReadResponse(isError ? 400 : answer.status, asJson(answer.fields), Object.fromEntries(members));
}

function membersIn({ fields, content }: ReadResponse): Map<string, unknown> | null {
  if (deeperThan(Buffer.from(content), MAX_DEPTH))
    throw new ProviderProblem("invalid", "depth", "the provider's answer is nested too deeply", { ambiguous: true });
  if (isJson(fields) || /^\s*\{/.test(content)) return membersOf(asJson(fields), content);
  if (!/^[\w.]+=/.test(content)) return null;
  return new Map<string, unknown>(new URLSearchParams(content));
}

const asJson = (fields: AnswerHeaders): AnswerHeaders => ({
  get: (name) => (name === "content-type" ? "application/json" : fields.get(name)),
  all: () => new Headers([...fields.all(), ["content-type", "application/json"]]),
});

/** What an answer without tokens says is wrong. */
export function problemIn({ fields, content }: ReadResponse): ProviderProblem {
  const code = errorCodeOf(membersOf(fields, content));
  return code === null ? failed("response_is_not_conform", "unexpected status") : fromErrorCode(code, "token", false);
}

/** The same answer with the error that the specification has for the provider's own. */
export function translated(answer: ReadResponse, errors: { readonly [code: string]: string }): ReadResponse {
  const members = membersOf(answer.fields, answer.content);
  const code = errorCodeOf(members);
  if (members === null || code === null || !Object.hasOwn(errors, code)) return answer;
  return new ReadResponse(answer.status, answer.fields, { ...Object.fromEntries(members), error: errors[code] });
}
