/** Signed session cookies, made without a login, for the peers that use them. */
import { createHmac, randomBytes } from "node:crypto";

/** What signed cookies are made with here. */
export const SECRET = randomBytes(32).toString("base64url");

/** A value as express-session and @fastify/session sign it. */
export function signed(value: string): string {
  const mark = createHmac("sha256", SECRET).update(value).digest("base64").replace(/=+$/, "");
  return encodeURIComponent(`${value}.${mark}`);
}
