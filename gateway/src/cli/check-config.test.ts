import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { after, before, test } from "node:test";
import { freePort } from "../../../tools/suite/free-port.ts";
import { type TemporaryFolder, temporaryFolder } from "../../../tools/suite/temporary-folder.ts";
import { textOf } from "../../test-support/harness.ts";
import { type Listening, listenOn } from "../../test-support/talk.ts";
import { loadConfig } from "../config/config.ts";
import { checkConfig } from "./check-config.ts";

const SECRET = "client-canary+/%";
let folder: TemporaryFolder;
let provider: Listening;
/** What the provider does with a request for tokens, and what it was sent. */
let answer: (response: ServerResponse) => void = (response) => response.end();
let asked: { readonly authorization: string | undefined; readonly body: string } | undefined;
let issuerSaid: (issuer: string) => string = (issuer) => issuer;

before(async () => {
  folder = temporaryFolder("check");
  provider = await listenOn((message, response) => void serve(message, response));
});
after(async () => {
  await provider[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
  const issuer = `http://127.0.0.1:${provider.port}`;
  if (message.url !== "/token") {
    response.end(JSON.stringify({ issuer: issuerSaid(issuer), token_endpoint: `${issuer}/token` }));
    return;
  }
  asked = { authorization: message.headers.authorization, body: await textOf(message) };
  answer(response);
}

const refusing = (status: number, error: string) => (response: ServerResponse) => {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ error }));
};

/** Runs the command with a file of settings. */
async function check(more: { readonly provider?: object; readonly [key: string]: unknown } = {}, online = false) {
  const { provider: ofProvider, ...others } = more;
  const config = {
    secrets: [randomBytes(32).toString("base64url")],
    publicUrl: "http://localhost:4180",
    store: `sqlite:${folder.file("sessions.db")}`,
    providers: [{ issuer: `http://127.0.0.1:${provider.port}`, clientId: "my app", clientSecret: SECRET, ...ofProvider }],
    ...others,
  };
  const file = folder.write("config.json", JSON.stringify(config));
  let [out, err] = ["", ""];
  const terminal = {
    print: (text: string) => {
      out += `${text}\n`;
    },
    complain: (text: string) => {
      err += `${text}\n`;
    },
  };
  const code = await checkConfig(["--config", file, ...(online ? ["--online"] : [])], terminal);
  assert.ok(!`${out}${err}`.includes("canary"), `${out}${err}`);
  return { code, out, err };
}

test("F-55 an issuer that is the address of the metadata is refused, with the issuer that it may be", async () => {
  const { code, err } = await check({ provider: { issuer: "https://id.example.com/realm/.well-known/openid-configuration" } });
  assert.equal(code, 2);
  assert.match(err, /providers\[0\]\.issuer is the address of the metadata.*\n.*perhaps https:\/\/id\.example\.com\/realm\./);
});

for (const clientSecret of ["${CLIENT_SECRET}", "$CLIENT_SECRET", "${CLIENT_SECRET:-x}", "$(cat secret)"]) {
  test(`F-55 a name in the place of a secret is refused: ${clientSecret}`, async () => {
    const { code, err } = await check({ provider: { clientSecret } });
    assert.equal(code, 2);
    assert.match(err, /clientSecret is a name instead of a value\n.*not filled in/);
  });
}

test("F-55 a secret that only has such signs in it is taken", async () => {
  for (const clientSecret of ["a$b{c}", "$ecret", "x${y}"])
    assert.equal((await check({ provider: { clientSecret } })).code, 0, clientSecret);
});

test("F-55 a store in a directory that does not exist is refused", async () => {
  const { code, err } = await check({ store: `sqlite:${folder.file("nowhere/sessions.db")}` });
  assert.equal(code, 2);
  assert.match(err, /there is no directory .*nowhere\n.*COATCHECK_STORE/);
});

test("F-55 the address to register at the provider is told, for every origin; nothing is written", async () => {
  const { code, out } = await check({ publicUrl: ["https://a.example.com", "https://b.example.com"], prefix: "/sso" });
  assert.equal(code, 0);
  assert.match(out, /register +https:\/\/a\.example\.com\/sso\/callback\n +register +https:\/\/b\.example\.com\/sso\/callback/);
  assert.equal(existsSync(folder.file("sessions.db")), false);
});

test("F-55 a redirect address of oauth2-proxy that is another here is said, and none where it is the same", () => {
  const warned = (redirect: string, more: { readonly [name: string]: string } = {}): string => {
    const environment = { OAUTH2_PROXY_REDIRECT_URL: redirect, COATCHECK_SECRET: randomBytes(32).toString("base64url"), ...more };
    const file = { providers: [{ issuer: "https://id.example.com", clientId: "a", clientSecret: "s" }] };
    const loaded = loadConfig({ args: [], environment, directory: folder.path, file });
    assert.ok(loaded.ok);
    return loaded.warnings.filter((line) => line.includes("REDIRECT_URL")).join();
  };
  assert.match(
    warned("https://app.example.com/oauth2/callback"),
    /come back to https:\/\/app\.example\.com\/auth\/callback: register that/,
  );
  assert.equal(warned("https://app.example.com/oauth2/callback", { OAUTH2_PROXY_PROXY_PREFIX: "/oauth2" }), "");
});

/** What the provider says to a made-up code, and what that tells of the client. */
const TOLD: readonly (readonly [status: number, error: string, code: number, words: RegExp])[] = [
  [400, "invalid_grant", 0, /client default: accepted/],
  [401, "invalid_client", 1, /! client default: refused \(401, invalid_client\)/],
  [400, "invalid_request", 0, /client default: cannot be told: the provider answered 400, invalid_request/],
  [500, "<canary>", 0, /cannot be told: the provider answered 500, no error code/],
];
for (const [status, error, code, words] of TOLD) {
  test(`F-55 --online says of the client what can be told: ${status} ${error}`, async () => {
    answer = refusing(status, error);
    const found = await check({}, true);
    assert.equal(found.code, code, found.out + found.err);
    assert.match(found.out, words);
    assert.match(found.out, /provider default: found/);
    assert.match(found.out, /store: can be written/);
    const credentials = Buffer.from((asked?.authorization ?? "").slice("Basic ".length), "base64").toString();
    assert.equal(credentials, "my+app:client-canary%2B%2F%25");
    assert.match(asked?.body ?? "", /redirect_uri=http%3A%2F%2Flocalhost%3A4180%2Fauth%2Fcallback/);
  });
}

test("F-55 --online shows the secret in the form where the provider wants it there", async () => {
  answer = refusing(400, "invalid_grant");
  assert.equal((await check({ provider: { clientAuthentication: "client_secret_post" } }, true)).code, 0);
  assert.equal(asked?.authorization, undefined);
  assert.equal(new URLSearchParams(asked?.body).get("client_secret"), SECRET);
});

test("F-55 --online names an issuer that is unreachable or calls itself otherwise, and an unusable store", async () => {
  const closed = await freePort();
  const away = await check({ provider: { issuer: `http://127.0.0.1:${closed}` } }, true);
  assert.equal(away.code, 1);
  assert.match(away.out, /! provider default: cannot be reached: ECONNREFUSED/);
  issuerSaid = (issuer) => `${issuer}/`;
  const other = await check({}, true);
  issuerSaid = (issuer) => issuer;
  assert.equal(other.code, 1);
  assert.match(other.out, /! provider default: calls itself .*letter for letter/);
  folder.write("no.db", "this is no database, and much too short to be one".repeat(100));
  answer = refusing(400, "invalid_grant");
  const broken = await check({ store: `sqlite:${folder.file("no.db")}` }, true);
  assert.equal(broken.code, 1);
  assert.match(broken.out, /! store: cannot be used/);
});
