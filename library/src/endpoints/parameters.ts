/** Reads the parameters of a request, and refuses repeated and malformed ones. */
import type { LoginParameters, RequestView } from "../contracts.ts";
import { omitUndefined } from "../core/options/omit-undefined.ts";

/** What `GET login` was asked for. */
interface LoginQuery {
  readonly returnTo: string | null;
  readonly provider: string | null;
  /** Why the presented session is over; the user is told first. */
  readonly ended: string | null;
  readonly parameters: LoginParameters;
}

const PROMPTS = /^(none|(login|consent|select_account|create)( (login|consent|select_account|create))*)$/;
/** Printable, without control characters; the length keeps the cookie small. */
const WORDS = /^[\x21-\x7e]+( [\x21-\x7e]+)*$/;
const LOCALES = /^[A-Za-z0-9-]{1,35}( [A-Za-z0-9-]{1,35}){0,9}$/;
const HINT = /^[^\p{Cc}\p{Cs}]{1,128}$/u;

const KNOWN: { readonly [name: string]: (value: string) => boolean } = {
  return_to: () => true,
  provider: (value) => /^[A-Za-z0-9_-]{1,32}$/.test(value),
  prompt: (value) => PROMPTS.test(value),
  login_hint: (value) => HINT.test(value),
  acr_values: (value) => value.length <= 256 && WORDS.test(value),
  max_age: (value) => /^\d{1,9}$/.test(value),
  ui_locales: (value) => LOCALES.test(value),
  ended: (value) => /^[a-z-]{1,32}$/.test(value),
};

/** The query of a request. The target begins with `/`, so any host will do for parsing it. */
export function queryOf(request: RequestView): URLSearchParams {
  const at = request.target.indexOf("?");
  return new URLSearchParams(at < 0 ? "" : request.target.slice(at + 1));
}

/** The first of these parameters that is there more than once (CB-06). */
export function repeated(query: URLSearchParams, names: Iterable<string>): string | undefined {
  return [...names].find((name) => query.getAll(name).length > 1);
}

/**
 * Reads the parameters that a login takes, and no other (AR-08). Answers the name of one that is repeated or malformed.
 */
export function readLoginQuery(query: URLSearchParams): LoginQuery | { readonly malformed: string } {
  const twice = repeated(query, Object.keys(KNOWN));
  if (twice !== undefined) return { malformed: twice };
  for (const [name, fits] of Object.entries(KNOWN)) {
    const value = query.get(name);
    if (value !== null && !fits(value)) return { malformed: name };
  }
  const maxAge = query.get("max_age");
  const text = (name: "prompt" | "login_hint" | "acr_values" | "ui_locales") => query.get(name) ?? undefined;
  return {
    returnTo: query.get("return_to"),
    provider: query.get("provider"),
    ended: query.get("ended"),
    parameters: omitUndefined({
      prompt: text("prompt"),
      login_hint: text("login_hint"),
      acr_values: text("acr_values"),
      ui_locales: text("ui_locales"),
      max_age: maxAge === null ? undefined : Number(maxAge),
    }),
  };
}

/**
 * The parameters of a login with those that its provider lists besides. Answers the name of one that is repeated or
 * malformed.
 */
export function withFurther(
  parameters: LoginParameters,
  query: URLSearchParams,
  listed: readonly string[] = [],
): LoginParameters | { readonly malformed: string } {
  const given = listed.filter((name) => query.has(name));
  if (given.length === 0) return parameters;
  const wrong = repeated(query, given) ?? given.find((name) => !HINT.test(query.get(name) ?? ""));
  if (wrong !== undefined) return { malformed: wrong };
  return { ...parameters, further: Object.fromEntries(given.map((name) => [name, query.get(name) ?? ""])) };
}
