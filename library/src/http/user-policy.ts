/** What a route asks of its user, as adapters take it. */
import type { Engine, Policy } from "../contracts.ts";
import { omitUndefined } from "../core/options/omit-undefined.ts";
import { knownOptions } from "../core/options/option-names.ts";
import type { Duration } from "../core/options/settings.ts";
import { durationOption } from "../core/options/settings.ts";

/** What `requireUser` and `userHandler` take. */
export interface RequireUser {
  /**
   * Which ways of authenticating the route accepts: `session`, `proxy`, `bearer`, or the name of a strategy of your
   * own. A user whom another one authenticated gets 403. Default: all.
   */
  readonly via?: readonly string[];
  /**
   * Looks the session up in the store itself, also if the store keeps rows for a while (its option `cache`). Default
   * `false`.
   */
  readonly sensitive?: boolean;
  /**
   * How long ago the user may have signed in, in milliseconds or as `"5m"`, from a minute on. Who did before is sent to
   * sign in again and comes back (RFC 9470); a script gets 401 `ERR_STEP_UP`. Default: any time.
   */
  readonly maxAge?: Duration;
  /**
   * Of which class (`acr`) the sign-in has to be, one of these: who has another signs in again, as for {@link maxAge}.
   * The provider's documentation has their names. Default: any.
   */
  readonly acr?: string | readonly string[];
}

const USER: Policy = { require: "user" };
/** Less than a sign-in with a second factor takes, and a clock that is a little off, would never end. */
const MINUTE = 60_000;
const YEAR = 365 * 24 * 60 * MINUTE;
/** What RFC 9470 s3 lets a challenge carry. */
const ACR = /^[\x21\x23-\x5b\x5d-\x7e]+$/;
/** What a login takes. */
const LONGEST_ACR = 256;

/**
 * The policy for these options. Throws a `TypeError` for options, and ways of authenticating, that do not exist: nobody
 * could ever pass.
 */
export function userPolicy<Data>(given: RequireUser | undefined, engine: Pick<Engine<Data>, "strategies">): Policy {
  if (given === undefined) return USER;
  knownOptions<RequireUser>("", given, { via: true, sensitive: true, maxAge: true, acr: true });
  return askedPolicy(USER, given, engine);
}

/** The policy with what is asked of its users besides. Throws a `TypeError` for what could never be. */
export function askedPolicy<Data>(policy: Policy, given: RequireUser, engine: Pick<Engine<Data>, "strategies">): Policy {
  const { via, sensitive } = given;
  if (sensitive !== undefined && typeof sensitive !== "boolean") throw new TypeError("sensitive is true or false");
  if (via !== undefined) checkedVia(via, engine);
  const maxAge = given.maxAge === undefined ? undefined : durationOption("maxAge", given.maxAge, MINUTE, YEAR);
  const acr = given.acr === undefined ? undefined : checkedAcr(given.acr);
  return { ...policy, ...omitUndefined({ via, sensitive, maxAge, acr }) };
}

/** As they stand in a login's address and in a header: words, with spaces between. */
function checkedAcr(given: string | readonly string[]): readonly string[] {
  const acr = typeof given === "string" ? [given] : given;
  if (!Array.isArray(acr) || acr.length === 0) throw new TypeError("acr is a text, or a list of one text at least");
  const wrong = acr.find((one) => typeof one !== "string" || !ACR.test(one));
  if (wrong !== undefined)
    throw new TypeError(`acr names ${JSON.stringify(wrong)}, which has blanks, quotes or other than ASCII in it`);
  if (acr.join(" ").length > LONGEST_ACR) throw new TypeError(`acr has more than ${LONGEST_ACR} characters`);
  return [...acr];
}

/** Throws a `TypeError` for a way of authenticating that is not configured. */
function checkedVia<Data>(via: readonly string[], { strategies: known }: Pick<Engine<Data>, "strategies">): void {
  if (via.length === 0) throw new TypeError(`via is empty, so nobody could pass; there are ${known.join(", ")}`);
  const unknown = via.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`via names ${JSON.stringify(unknown)}, which authenticates nobody here; there are ${known.join(", ")}`);
  }
}
