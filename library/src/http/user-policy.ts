/** What a route asks of its user, as adapters take it. */
import type { Engine, Policy } from "../contracts.ts";
import { omitUndefined } from "../core/options/omit-undefined.ts";
import { knownOptions } from "../core/options/option-names.ts";

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
}

const USER: Policy = { require: "user" };

/**
 * The policy for these options. Throws a `TypeError` for options, and ways of authenticating, that do not exist: nobody
 * could ever pass.
 */
export function userPolicy<Data>(given: RequireUser | undefined, engine: Pick<Engine<Data>, "strategies">): Policy {
  if (given === undefined) return USER;
  knownOptions<RequireUser>("", given, { via: true, sensitive: true });
  const { via, sensitive } = given;
  if (sensitive !== undefined && typeof sensitive !== "boolean") throw new TypeError("sensitive is true or false");
  if (via !== undefined) checkedVia(via, engine);
  return { ...USER, ...omitUndefined({ via, sensitive }) };
}

/** Throws a `TypeError` for a way of authenticating that is not configured. */
export function checkedVia<Data>(via: readonly string[], { strategies: known }: Pick<Engine<Data>, "strategies">): void {
  if (via.length === 0) throw new TypeError(`via is empty, so nobody could pass; there are ${known.join(", ")}`);
  const unknown = via.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`via names ${JSON.stringify(unknown)}, which authenticates nobody here; there are ${known.join(", ")}`);
  }
}
