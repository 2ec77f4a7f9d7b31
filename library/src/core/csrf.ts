/** The CSRF check: by Fetch Metadata and `Origin`. */
import type { RequestView } from "../contracts.ts";

/**
 * Which origins may send unsafe requests: our own, and others that are trusted like it. From configuration, never from
 * `Host`.
 */
export interface OriginRules {
  readonly own: readonly string[];
  readonly trusted: readonly string[];
}

/**
 * Whether an unsafe request may change something, by the table of docs/csrf.md. `ambient`: a credential came along that
 * a browser or proxy sends by itself. Unknown values of `Sec-Fetch-Site` are refused, the origin `null` is never
 * trusted, and the scheme counts.
 */
export function mayChange(request: RequestView, rules: OriginRules, ambient: boolean): boolean {
  const site = request.header("sec-fetch-site");
  const origin = request.header("origin");
  if (site !== undefined && site !== "") {
    if (site === "same-origin" || site === "none") return true;
    return origin !== undefined && rules.trusted.includes(origin);
  }
  if (origin !== undefined && origin !== "") return rules.own.includes(origin) || rules.trusted.includes(origin);
  return !ambient;
}
