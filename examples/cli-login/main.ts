/**
 * A program on a person's computer that signs in through their browser (RFC 8252), and then calls an API of the site:
 *
 *     node main.ts https://app.example.com api jobs:read https://app.example.com/api/jobs
 *
 * The site has to give tokens for the audience to users: `tokens.audiences` with `users`.
 */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";

const [site, audience = "", scope = "", api] = process.argv.slice(2);
if (site === undefined) throw new TypeError("node main.ts SITE AUDIENCE SCOPE [URL]");
const client = "coatcheck-example-cli";

const server = createServer().listen(0, "127.0.0.1");
await once(server, "listening");
const address = server.address();
if (address === null || typeof address === "string") throw new TypeError("no port to listen on");
const redirectUri = `http://127.0.0.1:${address.port}/callback`;

// The verifier stays here; its hash alone passes through the browser. So a code that others see is of no use to them.
const [state, verifier] = [randomBytes(32).toString("base64url"), randomBytes(32).toString("base64url")];
const asked = {
  response_type: "code",
  client_id: client,
  redirect_uri: redirectUri,
  audience,
  scope,
  state,
  code_challenge: createHash("sha256").update(verifier).digest("base64url"),
  code_challenge_method: "S256",
};
console.log(`Open this address in your browser:\n\n${new URL(`/auth/tokens/authorize?${new URLSearchParams(asked)}`, site)}\n`);

const answer = await answered();
if (answer.get("error") !== null) throw new Error(`The site refused: ${answer.get("error")}`);

const tokens = await post("tokens", {
  grant_type: "authorization_code",
  client_id: client,
  redirect_uri: redirectUri,
  code: answer.get("code") ?? "",
  code_verifier: verifier,
});
console.log(`Signed in, with a token for ${audience} that is good for ${tokens["expires_in"]} seconds.`);
await call(tokens);
// Tokens that can be refreshed are kept where only this person can read them; here one refresh shows that it works.
if (tokens["refresh_token"] !== undefined) {
  const next = await post("tokens/refresh", { refresh_token: String(tokens["refresh_token"]) });
  console.log("Refreshed.");
  await call(next);
  await post("tokens/revoke", { token: String(next["refresh_token"]) });
  console.log("Signed out.");
}

/** Waits for the browser. Answers of other sites, which do not know the state, are not taken. */
async function answered(): Promise<URLSearchParams> {
  const { promise, resolve } = Promise.withResolvers<URLSearchParams>();
  server.on("request", (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", redirectUri);
    const ours = pathname === "/callback" && searchParams.get("state") === state;
    response.writeHead(ours ? 200 : 404, { "content-type": "text/plain", connection: "close" });
    response.end(ours ? "You can close this window and go back to the program.\n" : "Nothing is here.\n");
    if (ours) resolve(searchParams);
  });
  const found = await promise;
  server.close();
  return found;
}

async function post(path: string, form: Record<string, string>): Promise<Record<string, unknown>> {
  const response = await fetch(new URL(`/auth/${path}`, site), { method: "POST", body: new URLSearchParams(form) });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

async function call({ access_token: token }: Record<string, unknown>): Promise<void> {
  if (api === undefined) return;
  const response = await fetch(api, { headers: { authorization: `Bearer ${token}` } });
  console.log(`${api}: ${response.status}\n${await response.text()}`);
}
