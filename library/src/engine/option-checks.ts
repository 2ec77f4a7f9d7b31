/** Checks of options at start. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { JsonObject, Provider, Strategy } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import { LONGEST_REFRESH } from "../core/refresh.ts";

/** The public origins. Throws a `TypeError` for what is none. */
export function origins(publicUrl: string | readonly string[]): readonly string[] {
  const given = typeof publicUrl === "string" ? [publicUrl] : publicUrl;
  if (given.length === 0)
    throw new TypeError("publicUrl is empty; name the origin that browsers use, as https://app.example.com");
  return given.map(checkedOrigin);
}

/** A URL that a browser may be sent to. */
export function checkedUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new TypeError(`proxy.signOutUrl is ${JSON.stringify(text)}; it would be as https://login.example.com/oauth2/sign_out`);
  }
  return text;
}

/** An origin and nothing more. */
export function checkedOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    throw new TypeError(`${JSON.stringify(text)} is not an origin; it would be as https://app.example.com, without a path`);
  }
  return url.origin;
}

/** How many of something there may be. */
export function checkedCount(name: string, given: number | undefined, fallback: number): number {
  if (given === undefined) return fallback;
  if (Number.isSafeInteger(given) && given >= 0) return given;
  throw new TypeError(`${name} is ${String(given)}; it is a whole number, 0 or more`);
}

/**
 * The strategies, each called by a name that no other has: policies, `session.via` and logs tell them by it. `taken`:
 * names of what authenticates besides. Throws a `TypeError`.
 */
export function checkedStrategies(strategies: readonly Strategy[], taken: readonly string[]): readonly Strategy[] {
  const names = [...taken, ...strategies.map(({ name }) => name)];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return strategies;
  throw new TypeError(`two strategies are called ${twice}; give yours a name of its own`);
}

/** What only a provider of the app's own has: the configuration of ours has no methods. */
const METHOD: keyof Provider = "redeem";

/** Whether this is a provider of the app's own, and not the configuration of ours. */
export function isProvider<Config extends object>(given: Config | Provider): given is Provider {
  return METHOD in given;
}

/** A provider of the app's own. What it says of its refresh is how long others leave its sessions alone. */
export function checkedProvider(provider: Provider): Provider {
  const { name, refreshTimeout } = provider;
  if (refreshTimeout === undefined || (refreshTimeout > 0 && refreshTimeout <= LONGEST_REFRESH)) return provider;
  throw new TypeError(
    `refreshTimeout of the provider ${name} is ${String(refreshTimeout)}; it is milliseconds, more than 0 and at most ${LONGEST_REFRESH}`,
  );
}

/** A path for our own endpoints. */
export function checkedPrefix(prefix: string): string {
  if (!/^(\/[A-Za-z0-9._~-]+)+$/.test(prefix)) throw new TypeError(`prefix is ${JSON.stringify(prefix)}; it would be as /auth`);
  return prefix;
}

/**
 * The check that a schema makes. A `TypeError` where it does not take the empty object, which a session without data
 * is.
 */
export function validator(schema: StandardSchemaV1 | undefined): (data: JsonObject) => unknown {
  if (schema === undefined) return (data) => data;
  const validate = checking(schema);
  try {
    // Of nothing a message can tell no data.
    checking(schema, true)({});
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TypeError(`the schema given as data must take {}: give its fields defaults, or make them optional. ${why}`, {
      cause,
    });
  }
  return validate;
}

// Messages of a schema may quote what does not fit, and errors reach events: where it stands has to do.
function checking(schema: StandardSchemaV1, quotes = false): (data: JsonObject) => unknown {
  return (data) => {
    const result = schema["~standard"].validate(data);
    if (result instanceof Promise) throw new TypeError("the schema given as data answers with a promise; it must be synchronous");
    if (result.issues === undefined) return result.value;
    const where = result.issues
      .map((issue) => `${(issue.path ?? []).map(keyOf).join(".")}${quotes ? `: ${issue.message}` : ""}`)
      .join("; ");
    throw new CoatcheckError("ERR_DATA_INVALID", { message: `The session's data do not fit their schema: ${where}` });
  };
}

const keyOf = (part: PropertyKey | { readonly key: PropertyKey }): string => String(typeof part === "object" ? part.key : part);
