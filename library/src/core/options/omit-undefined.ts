/** Objects without members that are `undefined`, as `exactOptionalPropertyTypes` wants them. */

/** The same members; those that could be `undefined` may be absent instead. */
type Defined<T> = { readonly [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  readonly [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/**
 * The members that are not `undefined`; `null`, `""`, 0 and `false` stay. For options that may be absent, but not
 * `undefined`. Not for what every request does: it costs two lists.
 *
 * @example
 * ```ts
 * import { omitUndefined } from "coatcheck/settings";
 * const session = omitUndefined({ idle: process.env["IDLE"], lifetime: process.env["LIFETIME"] });
 * ```
 */
export function omitUndefined<T extends object>(given: T): Defined<T>;
export function omitUndefined(given: object): object {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
