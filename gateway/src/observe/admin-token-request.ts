/** What a body of the tokens API asks for. */
import type { JsonObject, LoginIdentity, PersonalTokenRequest, TokenRequest } from "coatcheck";
import { omitUndefined, parseDuration } from "coatcheck/settings";
import { isId } from "./admin-answers.ts";

/** What is meant, or what is wrong. */
type Read<T> = { readonly value: T } | { readonly wrong: string };

const TEXTS = ["audience", "scope", "owner", "client", "parent", "name"] as const;
type TextName = (typeof TEXTS)[number];

/** The fields that both kinds of request have, read. */
interface Fields {
  readonly text: (name: TextName) => string | undefined;
  readonly subject: TokenRequest["subject"];
  readonly lifetime: number | undefined;
  readonly refreshable: boolean;
}

/** The JSON of a {@link TokenRequest}. */
export function tokenRequestIn(body: string): Read<TokenRequest> {
  const read = fieldsIn(body, ["subject", "audience", "scope", "owner", "client", "parent", "lifetime", "refreshable"]);
  if ("wrong" in read) return read;
  const { text, subject, lifetime, refreshable } = read.value;
  const parent = text("parent");
  if (parent !== undefined && !isId(parent)) return { wrong: "parent is no session's id." };
  const more = omitUndefined({ scope: text("scope"), owner: text("owner"), client: text("client"), lifetime });
  const hangs = omitUndefined({ parent: parent === undefined ? undefined : { id: parent } });
  return { value: { subject, audience: text("audience") ?? "", refreshable, ...more, ...hangs } };
}

/** The JSON of a {@link PersonalTokenRequest}. */
export function personalRequestIn(body: string): Read<PersonalTokenRequest> {
  const read = fieldsIn(body, ["subject", "name", "scope", "owner", "lifetime"]);
  if ("wrong" in read) return read;
  const { text, subject, lifetime } = read.value;
  if (typeof subject === "string") return { wrong: "subject is no person: it has issuer and subject." };
  const more = omitUndefined({ scope: text("scope"), owner: text("owner"), lifetime });
  return { value: { subject, name: text("name") ?? "", ...more } };
}

/** A name that means nothing may have been meant to narrow what is given. */
function fieldsIn(body: string, known: readonly string[]): Read<Fields> {
  const given = membersIn(body);
  if (given === null) return { wrong: "The body is no JSON object." };
  const strange = [...given.keys()].find((name) => !known.includes(name));
  if (strange !== undefined) return { wrong: `${JSON.stringify(strange.slice(0, 40))} is no field here.` };
  const texts = new Map<string, string>();
  for (const name of TEXTS) {
    const value = given.get(name);
    if (typeof value === "string") texts.set(name, value);
    else if (value !== undefined) return { wrong: `${name} is no text.` };
  }
  const said = given.get("lifetime");
  const lifetime = typeof said === "string" ? parseDuration(said) : undefined;
  if (said !== undefined && lifetime === undefined) return { wrong: "lifetime is no text such as 30m." };
  const refreshable = given.get("refreshable") ?? false;
  if (typeof refreshable !== "boolean") return { wrong: "refreshable is neither true nor false." };
  const subject = subjectIn(given.get("subject"));
  if (subject === null) return { wrong: "subject is no name, and has no issuer and subject." };
  return { value: { text: (name) => texts.get(name), subject, lifetime, refreshable } };
}

/** A name of the operator's own, or a person as an issuer knows them, with claims such as their groups. */
function subjectIn(given: unknown): TokenRequest["subject"] | null {
  if (typeof given === "string") return given === "" ? null : given;
  if (!isObject(given)) return null;
  const { issuer, subject, claims, ...others } = given;
  if (typeof issuer !== "string" || typeof subject !== "string" || Object.keys(others).length > 0) return null;
  const person: LoginIdentity = { issuer, subject };
  if (claims === undefined) return person;
  return isObject(claims) ? { ...person, claims } : null;
}

function membersIn(body: string): ReadonlyMap<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? new Map(Object.entries(value)) : null;
  } catch {
    return null;
  }
}

/** Of what was parsed as JSON. */
const isObject = (value: unknown): value is JsonObject => typeof value === "object" && value !== null && !Array.isArray(value);
