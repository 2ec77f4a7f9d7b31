/** A bearer token checked by jose (HS256), over `node:http`. */
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { jwtVerify, SignJWT } from "jose";
import { personOf } from "../../load/people.ts";
import { serve, wanted } from "../serving.ts";

const raw = Uint8Array.from(randomBytes(32));
const key = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
const count = Math.min(wanted().sessions, 5000);
const credentials: string[] = [];
for (let index = 0; index < count; index++) {
  const { issuer, subject, claims } = personOf(index);
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg: "HS256" })
    .setIssuer(issuer)
    .setSubject(subject)
    .setExpirationTime("1h")
    .sign(key);
  credentials.push(`authorization: Bearer ${token}`);
}
const server = createServer(async (request, response) => {
  try {
    const token = (request.headers.authorization ?? "").slice("Bearer ".length);
    const { payload } = await jwtVerify(token, key, { algorithms: ["HS256"] });
    response.end(payload.sub);
  } catch {
    response.statusCode = 401;
    response.end();
  }
});
serve(server, credentials);
