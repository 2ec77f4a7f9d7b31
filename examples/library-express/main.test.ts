import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { temporaryFolder } from "../../tools/suite/temporary-folder.ts";
import { closeServer, freePort, listenNear } from "../demo/ports.ts";
import { developmentKeys } from "../demo/provider/keys.ts";
import { type DevelopmentProvider, developmentProvider } from "../demo/provider/provider.ts";
import { formOf, type Heard, Visitor } from "../demo/visitor.ts";

const folder = temporaryFolder("example");
const server = createServer();
let app: ChildProcess;
let provider: DevelopmentProvider;
let issuer: string;
let url: string;

before(async () => {
  const keys = developmentKeys(folder.path);
  issuer = `http://127.0.0.1:${await listenNear(server, 0)}`;
  const port = await freePort(0);
  url = `http://localhost:${port}`;
  provider = developmentProvider(issuer, { id: "example", name: "The example", origin: url }, keys);
  server.on("request", provider.callback);
  const flags = ["--conditions=coatcheck-source", "--disable-warning=ExperimentalWarning"];
  app = spawn(process.execPath, [...flags, join(import.meta.dirname, "main.ts")], {
    cwd: folder.path,
    env: {
      ...process.env,
      COATCHECK_SECRET: keys.appSecret,
      ISSUER: issuer,
      CLIENT_ID: "example",
      CLIENT_SECRET: keys.clientSecret,
      PORT: String(port),
      PUBLIC_URL: url,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  assert.ok(app.stdout);
  await once(app.stdout, "data");
});

after(async () => {
  app.kill("SIGTERM");
  const [status] = await once(app, "exit");
  await closeServer(server);
  folder[Symbol.dispose]();
  assert.equal(status, 0, "the example should stop in order");
});

/** On http the port is in the name. */
const cookieName = (): string => `coatcheck-${new URL(url).port}`;

async function signIn(person: string): Promise<{ readonly visitor: Visitor; readonly page: Heard }> {
  const visitor = new Visitor();
  const login = await visitor.go(`${url}/me`);
  assert.equal(login.url.origin, issuer);
  const { action, fields } = formOf(login);
  return { visitor, page: await visitor.go(action, { form: { ...fields, pick: person } }) };
}

test("A person signs in at a real provider, with claims from the ID token and data of their own", async () => {
  const { visitor, page } = await signIn("alice");
  assert.equal(page.status, 200);
  const { claims } = JSON.parse(page.body);
  assert.deepEqual([claims.name, claims.email, claims.groups], ["Alice Archer", "alice@example.com", ["staff", "editors"]]);
  const cart = await visitor.go(`${url}/cart/umbrella`, { form: {} });
  assert.deepEqual(JSON.parse(cart.body).cart, ["umbrella"]);
  const other = await signIn("bob");
  assert.deepEqual(JSON.parse(other.page.body).cart, []);
});

test("AR-02 the provider refuses logins without a PKCE challenge, so every login above proved its verifier", async () => {
  const begun = await new Visitor().go(`${url}/auth/login`, { redirects: 0 });
  const sent = new URL(begun.headers.location ?? assert.fail("the login should redirect"));
  assert.equal(sent.searchParams.get("code_challenge_method"), "S256");
  sent.searchParams.delete("code_challenge");
  sent.searchParams.delete("code_challenge_method");
  const refused = await new Visitor().go(sent, { redirects: 0 });
  const answer = new URL(refused.headers.location ?? assert.fail("the provider should send its refusal"));
  assert.equal(answer.searchParams.get("error"), "invalid_request");
  assert.match(answer.searchParams.get("error_description") ?? "", /PKCE/);
});

test("The provider's tokens stay on the server: the app has the access token, the browser none", async () => {
  const { visitor } = await signIn("alice");
  const { status, body } = await visitor.ask(`${url}/token`);
  assert.equal(status, 200);
  assert.ok(JSON.parse(body).length > 20);
  assert.deepEqual(visitor.cookies("localhost"), [cookieName()]);
});

/** Resolves when so many answers to this path have been sent, with their statuses. */
function answered(path: string, times: number): Promise<readonly number[]> {
  const { promise, resolve } = Promise.withResolvers<readonly number[]>();
  const statuses: number[] = [];
  server.on("request", (request, response) => {
    if (request.url !== path) return;
    response.once("finish", () => {
      statuses.push(response.statusCode);
      if (statuses.length === times) resolve(statuses);
    });
  });
  return promise;
}

test("LO-03 a logout revokes refresh and access token, even if the browser does not go on to the provider", async () => {
  const { visitor } = await signIn("bob");
  const before = ["RefreshToken", "AccessToken"].map((kind) => provider.memory.count(kind));
  const revoked = answered("/token/revocation", 2);
  await visitor.go(`${url}/auth/logout`, { form: {}, redirects: 0 });
  assert.deepEqual(await revoked, [200, 200]);
  const gone = ["RefreshToken", "AccessToken"].map((kind) => provider.memory.count(kind));
  assert.deepEqual(
    gone,
    before.map((count) => count - 1),
  );
});

test("LO-02 logging out goes on to the provider with hint and return address, and ends its session as well", async () => {
  const { visitor } = await signIn("alice");
  const sessions = provider.memory.count("Session");
  const copied = visitor.cookie("localhost", cookieName()) ?? assert.fail("there should be a cookie");

  const asked = await visitor.go(`${url}/auth/logout`, { form: {}, redirects: 0 });
  const end = new URL(asked.headers.location ?? assert.fail("logging out should lead to the provider"));
  assert.equal(end.origin, issuer);
  assert.equal(end.searchParams.get("post_logout_redirect_uri"), `${url}/auth/signed-out`);
  assert.deepEqual([end.searchParams.has("id_token_hint"), end.searchParams.has("state")], [true, false]);
  assert.equal((await new Visitor().ask(`${url}/auth/session`, { cookie: `${cookieName()}=${copied}` })).status, 401);

  const { action, fields } = formOf(await visitor.go(end));
  const landed = await visitor.go(action, { form: fields });
  assert.equal(landed.url.href, `${url}/auth/signed-out`);
  assert.match(landed.body, /You are signed out/);
  assert.equal(provider.memory.count("Session"), sessions - 1);
});
