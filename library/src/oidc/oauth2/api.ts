/** Asks a provider's API with the user's access token: what it answers, and what its refusals mean. */
import type { Clock } from "../../contracts.ts";
import { membersOf } from "../http/oauth-error.ts";
import { ProviderProblem } from "../http/provider-problem.ts";
import type { ReadResponse } from "../http/read-response.ts";
import { LONGEST_WISH, retryAfterOf } from "../http/retry-after.ts";
import type { Transport } from "../http/transport.ts";

/** An answer of the API. */
interface ApiAnswer {
  readonly value: unknown;
  readonly headers: ReadResponse["fields"];
}

/** Asks an address of the API. Throws {@link ProviderProblem}. */
export type AskApi = (url: string) => Promise<ApiAnswer>;

/** When a limit that names no time is asked about again, milliseconds. */
const USUAL_PAUSE = 60_000;

/** Asks with this access token. */
export function apiWith(
  accessToken: string,
  { transport, clock }: { readonly transport: Transport; readonly clock: Clock },
): AskApi {
  const headers = { authorization: `Bearer ${accessToken}`, accept: "application/json", "user-agent": "coatcheck" };
  return async (url) => {
    const answer = await transport.send("userinfo", url, { method: "GET", headers });
    if (answer.status !== 200) throw refusalOf(answer, clock.now());
    try {
      const value: unknown = JSON.parse(answer.content);
      return { value, headers: answer.fields };
    } catch {
      throw new ProviderProblem("invalid", "userinfo", "the provider's answer is not JSON");
    }
  };
}

/** A limit passes, like an outage. A 401 is about the token; another 4xx about this address alone. */
function refusalOf(answer: ReadResponse, now: number): ProviderProblem {
  const { status } = answer;
  if (isLimit(answer)) {
    const retryAfter = retryAfterOf(answer.fields, now) ?? untilReset(answer, now);
    return new ProviderProblem("unavailable", "rate_limit", `the provider wants no more requests now (status ${status})`, {
      retryAfter,
    });
  }
  if (status === 401) return new ProviderProblem("refused", "access_token", "the provider no longer takes the access token");
  if (status === 403 || status === 404)
    return new ProviderProblem("refused", "forbidden", `the access token may not read this (status ${status})`);
  return new ProviderProblem("invalid", "status", `the provider answered with status ${status}`);
}

function isLimit({ status, fields, content }: ReadResponse): boolean {
  if (status !== 403) return status === 408;
  if (fields.get("x-ratelimit-remaining") === "0" || fields.get("retry-after") !== null) return true;
  const message = membersOf(fields, content)?.get("message");
  return typeof message === "string" && /rate limit/i.test(message);
}

function untilReset({ fields }: ReadResponse, now: number): number {
  const reset = fields.get("x-ratelimit-reset") ?? "";
  if (!/^\d{1,12}$/.test(reset)) return USUAL_PAUSE;
  return Math.min(Math.max(Number(reset) * 1_000 - now, 0), LONGEST_WISH);
}

/** Most pages of a list: 1,000 entries at the usual hundred. */
const MOST_PAGES = 10;

/** All entries of a list, over its pages. What stands alone is a list of one. */
export async function entriesOf(ask: AskApi, { url, list }: { readonly url: string; readonly list: string }) {
  const entries: unknown[] = [];
  let partial = false;
  let at: string | null = url;
  for (let page = 0; at !== null; page += 1) {
    if (page === MOST_PAGES) return { entries, partial: true };
    const answer: ApiAnswer = await ask(at);
    const found = valueAt(answer.value, list);
    if (Array.isArray(found)) entries.push(...found);
    else if (found !== undefined) entries.push(found);
    // Single sign-on of an organisation: those that the token was not allowed for are left out.
    partial ||= /^partial-results/.test(answer.headers.get("x-github-sso") ?? "");
    at = nextPage(answer, url);
  }
  return { entries, partial };
}

/** The next page by the header `Link`, or by the member `next`; the token goes to no other origin. */
function nextPage({ value, headers }: ApiAnswer, first: string): string | null {
  const linked = /<([^>]{1,2048})>\s*;\s*rel="?next"?/.exec(headers.get("link") ?? "")?.[1];
  const next = linked ?? valueAt(value, "next");
  if (typeof next !== "string" || !URL.canParse(next, first)) return null;
  const url = new URL(next, first);
  if (url.origin !== new URL(first).origin)
    throw new ProviderProblem("invalid", "next", "the next page of a list is at another origin");
  return url.href;
}

/** What stands at a path such as `organization.login`; the empty path is the value itself. */
export function valueAt(value: unknown, path: string): unknown {
  let at = value;
  for (const key of path === "" ? [] : path.split(".")) {
    if (typeof at !== "object" || at === null) return undefined;
    at = new Map<string, unknown>(Object.entries(at)).get(key);
  }
  return at;
}
