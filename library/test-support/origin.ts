/** Where the app of a test stands, and the secret that its replicas share. */
import { randomBytes } from "node:crypto";

export const ORIGIN = "https://app.example.com";

/** Without TLS, as an app stands while it is written: the session's cookie is `coatcheck-3000`. */
export const LOOPBACK = "http://localhost:3000";

/** A fresh one in each process. */
export const SECRET = randomBytes(32).toString("base64url");
