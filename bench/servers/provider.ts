/** An OpenID provider that takes everybody's word: the code is the person and the nonce. */
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { SignJWT } from "jose";
import { personOf } from "../people.ts";
import { keySet, metadataOf, signingKey } from "./provider-keys.ts";
import { tellReady } from "./serving.ts";

let issuer = "";

async function tokens(form: URLSearchParams): Promise<object> {
  const [index = "0", nonce = ""] = (form.get("code") ?? "").split(".");
  const { subject, claims } = personOf(Number(index));
  const idToken = await new SignJWT({ ...claims, nonce })
    .setProtectedHeader({ alg: "RS256", kid: "bench" })
    .setIssuer(issuer)
    .setAudience("bench")
    .setSubject(subject)
    .setIssuedAt()
    .setExpirationTime("1d")
    .sign(signingKey);
  return { access_token: `access-${index}`, token_type: "Bearer", expires_in: 86_400, id_token: idToken };
}

const server = createServer(async (request, response) => {
  const form = new URLSearchParams(await text(request));
  const answers = { "/keys": keySet, "/.well-known/openid-configuration": metadataOf(issuer) };
  const found = request.url === "/token" ? await tokens(form) : Reflect.get(answers, request.url ?? "");
  response.statusCode = found === undefined ? 404 : 200;
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(found ?? {}));
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  issuer = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  tellReady(server, []);
});
