/** Checks that the configurations of all OAuth roles share. */
import { isLoopbackHost } from "../../cookie/names.ts";
import { CoatcheckError } from "../../core/errors.ts";

/** Makes the error of a setting, from its key and what is accepted. */
export type RefuseKey = (key: string, problem: string) => CoatcheckError;

/** Refuses keys of one part of the configuration, as `ERR_CONFIG`. */
export function refusingKeysOf(part: string): RefuseKey {
  return (key, problem) => new CoatcheckError("ERR_CONFIG", { message: `${part}.${key} ${problem}` });
}

/**
 * An issuer is a URL that can be discovered: https, or plain http on a loopback address, and nothing behind the path.
 */
export function issuerOf(issuer: unknown, refuse: RefuseKey): { readonly loopback: boolean } {
  if (typeof issuer !== "string" || !URL.canParse(issuer))
    throw refuse("issuer", "must be a URL such as https://id.example.com.");
  const url = new URL(issuer);
  if (url.search !== "" || url.hash !== "" || url.username !== "" || url.password !== "" || /[?#]/.test(issuer))
    throw refuse("issuer", "has no query, fragment, user or password.");
  if (url.protocol === "https:") return { loopback: isLoopbackHost(url.hostname) };
  if (url.protocol === "http:" && isLoopbackHost(url.hostname)) return { loopback: true };
  throw refuse("issuer", "must be https; plain http is only for 127.0.0.1, [::1] and localhost.");
}

/** The number, if it lies between the two, inclusive. */
export function within(key: string, value: number, least: number, most: number, refuse: RefuseKey): number {
  if (Number.isFinite(value) && value >= least && value <= most) return value;
  throw refuse(key, `must be between ${least} and ${most}.`);
}
