/** Who signed in, by the provider's API: subject, claims, the proven e-mail address, and groups. */
import type { JsonObject, JsonValue, Report } from "../../contracts.ts";
import { isStorable } from "../../core/record.ts";
import { ProviderProblem, problemOf } from "../http/provider-problem.ts";
import { type AskApi, entriesOf, valueAt } from "./api.ts";
import type { SettledOAuth2 } from "./config.ts";
import type { EmailList, GroupList } from "./preset.ts";

/** Whom an access token is of. */
interface TokenUser {
  readonly subject: string;
  readonly claims: JsonObject;
}

/**
 * Whom the token is of. Addresses and groups that it may not read are left out, and told by the event
 * `provider.failed`; an outage fails all of it, since a user without their groups is another user. Throws {@link
 * ProviderProblem}.
 */
export async function userOf(config: SettledOAuth2, ask: AskApi, report: Report): Promise<TokenUser> {
  const { value } = await ask(config.user.url);
  const subject = subjectIn(value, config.user.subject);
  const told = { config, report };
  const [email, ...groups] = await Promise.all([
    config.emails === null ? [] : readable(told, "emails", emailsOf(ask, config.emails)),
    ...config.groups.map((list) => readable(told, "groups", groupsOf(ask, list))),
  ]);
  const all: { [claim: string]: JsonValue } = { sub: subject, ...mapped(value, config.user.claims) };
  const [address] = email;
  if (config.emails !== null && address !== undefined) Object.assign(all, { email: address, email_verified: true });
  // Whoever does not say that an address is proven is not believed (F-14).
  if (all["email"] !== undefined && all["email_verified"] === undefined) all["email_verified"] = false;
  if (config.groups.length > 0) all["groups"] = [...new Set(groups.flat())];
  return { subject, claims: kept(all, config.claims) };
}

/** The id as text: a number has to be one that JSON keeps exactly. */
function subjectIn(value: unknown, path: string): string {
  const id = valueAt(value, path);
  if (typeof id === "number" && Number.isSafeInteger(id)) return String(id);
  if (typeof id === "string" && /^[\x20-\x7e]{1,255}$/.test(id)) return id;
  throw new ProviderProblem("invalid", "subject", `the provider's answer has no usable id at ${path}`);
}

function mapped(value: unknown, claims: { readonly [claim: string]: string }): { [claim: string]: JsonValue } {
  const all: { [claim: string]: JsonValue } = {};
  for (const [claim, path] of Object.entries(claims)) {
    const found = valueAt(value, path);
    if (isClaim(found)) all[claim] = found;
    else if (Array.isArray(found)) all[claim] = found.filter(isClaim);
  }
  return all;
}

function isClaim(value: unknown): value is string | number | boolean {
  if (typeof value === "string") return value !== "" && isStorable(value);
  return typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value));
}

const kept = (all: JsonObject, names: readonly string[] | null): JsonObject =>
  names === null ? all : Object.fromEntries(Object.entries(all).filter(([name]) => name === "sub" || names.includes(name)));

/** What a list holds, and whether some of it was withheld. */
interface Read {
  readonly texts: readonly string[];
  readonly partial: boolean;
}

async function emailsOf(ask: AskApi, { address, demands, ...place }: EmailList): Promise<Read> {
  const { entries, partial } = await entriesOf(ask, place);
  const proven = entries.filter((entry) => demands.every((path) => valueAt(entry, path) === true));
  return { texts: proven.map((entry) => valueAt(entry, address)).filter(isText), partial };
}

async function groupsOf(ask: AskApi, { name, ...place }: GroupList): Promise<Read> {
  const { entries, partial } = await entriesOf(ask, place);
  const names = entries.map((entry) => name.map((path) => valueAt(entry, path)));
  return { texts: names.filter((parts) => parts.every(isText)).map((parts) => parts.join(":")), partial };
}

const isText = (value: unknown): value is string => typeof value === "string" && value !== "" && isStorable(value);

/** A list that the token may not read, or not all of, leaves claims out; it gives no user more than they have. */
async function readable(
  { config, report }: { readonly config: SettledOAuth2; readonly report: Report },
  what: "emails" | "groups",
  reading: Promise<Read>,
): Promise<readonly string[]> {
  const tell = (error: unknown): void =>
    report({ name: "provider.failed", level: "warn", provider: config.name, reason: what, error });
  try {
    const { texts, partial } = await reading;
    if (partial) tell(new ProviderProblem("refused", what, `the provider withheld some of the ${what}`));
    return texts;
  } catch (error) {
    const problem = problemOf(error);
    if (problem.check !== "forbidden") throw problem;
    tell(problem);
    return [];
  }
}
