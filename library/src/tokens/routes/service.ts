/** A service behind an audience, which shows the secret that the audience has (RFC 6749 s2.3.1). */
import type { RouteRequest } from "../../contracts.ts";
import { sameSecret } from "../../crypto/equal.ts";
import { refusal } from "../../endpoints/responses.ts";
import type { SettledTokens } from "../options.ts";

/** The answer to one whose secret is another, or none. */
export const UNKNOWN_SERVICE = refusal("ERR_INVALID_CREDENTIAL", undefined, [
  ["www-authenticate", 'Basic realm="introspection"'],
]);

const BASIC = /^basic +([A-Za-z0-9+/]{1,4000}={0,2})[ \t]*$/i;

/** Whether the request is one of a service. Where none may ask, `Basic` is about something else. */
export function isService(request: RouteRequest, { audiences }: Pick<SettledTokens, "audiences">): boolean {
  const mayAsk = [...audiences.values()].some(({ introspection }) => introspection !== null);
  return mayAsk && /^basic /i.test(request.header("authorization") ?? "");
}

/** The audience whose secret the request shows, or `null`. */
export function serviceOf(request: RouteRequest, { audiences }: Pick<SettledTokens, "audiences">): string | null {
  const [, encoded = ""] = BASIC.exec(request.header("authorization") ?? "") ?? [];
  const [name = "", secret = ""] = Buffer.from(encoded, "base64").toString().split(":", 2).map(decoded);
  const secrets = audiences.get(name)?.introspection?.() ?? [];
  return secrets.some((one) => sameSecret(secret, one)) ? name : null;
}

function decoded(text: string): string {
  return new URLSearchParams(`_=${text}`).get("_") ?? "";
}
