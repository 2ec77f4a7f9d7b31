import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { freePort } from "../../tools/suite/free-port.ts";
import { Browser } from "../test-support/browser.ts";
import { Canaries } from "../test-support/canaries.ts";
import type { FullGateway } from "../test-support/full-gateway.ts";
import { ORIGIN, PAGE, SCRIPT } from "../test-support/full-gateway.ts";
import { exchange, PUBLIC } from "../test-support/harness.ts";
import type { GatewaysAtProvider } from "../test-support/provider/gateways-at-provider.ts";
import { gatewaysAtProvider } from "../test-support/provider/gateways-at-provider.ts";
import type { TestProvider } from "../test-support/provider/provider.ts";
import { CLIENT } from "../test-support/provider/provider.ts";
import type { Answered } from "../test-support/talk.ts";

/** A line that would look like one of the log's own, if it came through as it is. */
const FORGED = '\n{"level":"error","event":"forged","reason":"forged"}\r\nX-Forged: yes\r\n';
const canaries = new Canaries();
const canary = (name: string): string => {
  const secret = `${name}-${randomBytes(18).toString("base64url")}`;
  canaries.add(name, secret);
  return secret;
};

let here: GatewaysAtProvider;
let provider: TestProvider;
let gateway: FullGateway;
const open = new AsyncDisposableStack();
/** All that was answered, except what an app said. */
const answers: { readonly what: string; readonly answer: Answered }[] = [];
const raws: string[] = [];
const browser = new Browser();

before(async () => {
  here = open.use(await gatewaysAtProvider());
  provider = here.provider;
  const nowhere = `http://127.0.0.1:${await freePort()}`;
  gateway = await here.replica({
    app: (_message, response) => response.end("the app"),
    upstreams: [
      { access: "user", token: "header" },
      { access: "public", paths: ["/public"] },
      { access: "optional", paths: ["/down"], url: nowhere },
      { access: "groups", groups: ["staff"], paths: ["/staff"] },
    ],
    config: { admin: { listen: "127.0.0.1:0", token: canary("admin-token") } },
  });
  for (const secret of gateway.settings.secrets) canaries.add("secret", String(secret));
  canaries.add("client secret", CLIENT.clientSecret);
  await wholeRun();
  for (const secret of provider.secrets) if (secret.length >= 16) canaries.add("provider", withoutKnown(secret));
});

after(() => open.disposeAsync());

/** The head of a JWT is the same everywhere; what follows is the secret. */
const withoutKnown = (token: string): string => (token.split(".").length === 3 ? token.slice(token.indexOf(".") + 1) : token);

async function go(what: string, path: string, asking: Parameters<Browser["send"]>[2] = {}, from = browser): Promise<Answered> {
  const answer = await from.send(gateway.port, path, asking);
  answers.push({ what, answer });
  for (const [name, value] of from.jar) if (value.length > 16) canaries.add(name, value.slice(value.indexOf(".") + 1));
  return answer;
}

/** Everything that happens at a gateway, well and badly. */
async function wholeRun(): Promise<void> {
  provider.user = { sub: "alice", name: `Al${FORGED}ice`, email: "alice@example.com", groups: ["staff\nforged", "staff"] };
  await signIn();
  await useTheApp();
  await failAtTheCallback();
  await failAtTheProvider();
  await sendRubbish();
  await loseTheStore();
  await signOut();
}

async function signIn(): Promise<void> {
  const login = await go(
    "login",
    `/auth/login?return_to=${encodeURIComponent(`/a?token=${canary("return-to")}`)}&login_hint=${canary("hint")}`,
    { headers: PAGE },
  );
  assert.equal(login.status, 302, login.text);
  const callback = await go("callback", await browser.approve(login.headers.location ?? ""), { headers: PAGE });
  assert.equal(callback.status, 303, callback.text);
  await go("replay", browser.heard.at(-1)?.url ?? "", { headers: PAGE });
}

async function useTheApp(): Promise<void> {
  const secret = canary("query");
  await go("page", `/a?token=${secret}&next=${encodeURIComponent(FORGED)}`, {
    headers: {
      ...PAGE,
      authorization: `Bearer ${canary("bearer")}`,
      "user-agent": canary("agent"),
      referer: `${ORIGIN}/?code=${canary("referer")}`,
    },
  });
  await go("form", "/form", {
    method: "POST",
    headers: { ...SCRIPT, "content-type": "application/x-www-form-urlencoded" },
    body: `password=${canary("password")}`,
  });
  await go("group", "/staff", { headers: PAGE });
  await go("down", `/down?token=${secret}`, { headers: { cookie: `mine=${canary("cookie")}; ${browser.cookie}` } });
  await go("session", "/auth/session", { headers: SCRIPT });
  await go("here", "/auth/session", { method: "POST", headers: SCRIPT });
  const url = `${ORIGIN}/a?token=${secret}`;
  await go("check", "/auth/check/nginx", { headers: { "x-original-method": "GET", "x-original-url": url } });
  await go("check, malformed", "/auth/check/nginx", {
    headers: { "x-original-method": "GET", "x-original-url": `${url}#${secret}` },
  });
  await go("cross site", `/form?${secret}`, {
    method: "POST",
    headers: { "sec-fetch-site": "cross-site", origin: `https://${secret.toLowerCase()}.example` },
  });
  await go("public", `/public/x?token=${secret}`, { headers: { authorization: `Basic ${canary("basic")}` } });
}

async function failAtTheCallback(): Promise<void> {
  const bare = new Browser();
  for (const query of [
    `code=${canary("stray-code")}&state=${canary("stray-state")}`,
    "state=",
    `code=${canary("code-alone")}`,
    `state=${encodeURIComponent(FORGED)}&error=${encodeURIComponent(FORGED)}`,
    `code=a&code=${canary("second-code")}&state=b`,
  ]) {
    for (const from of [bare, browser]) await go("wrong state", `/auth/callback?${query}`, { headers: PAGE }, from);
  }
  const state = (address: string): string => new URL(address).searchParams.get("state") ?? "";
  const started = state(await bare.begin(gateway.port));
  canaries.add("state", started);
  const said = new URLSearchParams({
    state: started,
    iss: provider.issuer,
    error: "access_denied",
    error_description: `${FORGED}${canary("description")}`,
    error_uri: `https://evil.example/${canary("error-uri")}`,
  });
  const denied = await go("denied", `/auth/callback?${said.toString()}`, { headers: PAGE }, bare);
  assert.equal(denied.status, 403, denied.text);
  const mixed = state(await bare.begin(gateway.port));
  await go(
    "wrong issuer",
    `/auth/callback?${new URLSearchParams({ state: mixed, iss: "https://evil.example", code: canary("mixed-code") }).toString()}`,
    { headers: PAGE },
    bare,
  );
  bare.jar.clear();
  bare.jar.set(`__Host-Http-coatcheck.login.${started.slice(0, 11)}`, canary("forged-flow"));
  await go("forged flow", `/auth/callback?state=${started}&code=${canary("forged-code")}`, { headers: PAGE }, bare);
}

async function failAtTheProvider(): Promise<void> {
  const lies: readonly [what: string, status: number, body: string][] = [
    ["refused", 400, JSON.stringify({ error: "invalid_grant", error_description: `${FORGED}${canary("token-description")}` })],
    ["page", 500, `<html>${canary("token-page")}</html>`],
    ["no json", 200, `{"access_token": "${canary("broken-token")}`],
    ["no ID token", 200, JSON.stringify({ access_token: canary("lone-access"), token_type: "Bearer", expires_in: 60 })],
    [
      "bad ID token",
      200,
      JSON.stringify({
        access_token: canary("bad-access"),
        token_type: "Bearer",
        expires_in: 60,
        id_token: `${canary("h")}.${canary("p")}.${canary("s")}`,
      }),
    ],
    [
      "bad type",
      200,
      JSON.stringify({ access_token: canary("mac-access"), token_type: canary("type"), expires_in: 60, id_token: "a.b.c" }),
    ],
  ];
  for (const [what, status, body] of lies) {
    provider.fault = (endpoint, response) => {
      if (endpoint !== "/token") return false;
      response.writeHead(status, { "content-type": "application/json", "x-secret": canary("token-header") }).end(body);
      return true;
    };
    const person = new Browser();
    const answer = await go(
      `provider: ${what}`,
      await person.approve(await person.begin(gateway.port)),
      { headers: PAGE },
      person,
    );
    assert.ok(answer.status >= 400 && answer.status < 600, `${what}: ${answer.status}`);
    assert.equal(person.ticket, "", what);
  }
  provider.fault = (endpoint, response) => endpoint === "/token" && response.destroy() !== null;
  const person = new Browser();
  await go("provider: gone", await person.approve(await person.begin(gateway.port)), { headers: PAGE }, person);
  provider.fault = null;
}

async function sendRubbish(): Promise<void> {
  const line = (name: string): string => canary(name);
  const heads = [
    `GET /?${line("raw-query")} HTTP/9.9\r\n\r\n`,
    `GET http://${line("absolute").toLowerCase()}.example/ HTTP/1.1\r\nHost: ${PUBLIC}\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: ${line("host").toLowerCase()}.example\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: ${PUBLIC}\r\nCookie: ${line("continued")}\r\n {"event":"forged"}\r\n\r\n`,
    `${line("METHOD")} / HTTP/1.1\r\nHost: ${PUBLIC}\r\n\r\n`,
    `GET /../${line("dots")} HTTP/1.1\r\nHost: ${PUBLIC}\r\n\r\n`,
    `POST / HTTP/1.1\r\nHost: ${PUBLIC}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nX: ${line("smuggled")}\r\n\r\n0\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: ${PUBLIC}\r\nX-Big: ${line("big").repeat(2000)}\r\n\r\n`,
    `GET /auth/login?return_to=${encodeURIComponent(FORGED)} HTTP/1.1\r\nHost: ${PUBLIC}\r\nAccept: text/html\r\nConnection: close\r\n\r\n`,
    `GET /auth/nothing?${line("endpoint")} HTTP/1.1\r\nHost: ${PUBLIC}\r\nConnection: close\r\n\r\n`,
    `GET /auth/login?prompt=${encodeURIComponent(FORGED)}&max_age=${line("max-age")} HTTP/1.1\r\nHost: ${PUBLIC}\r\nAccept: text/html\r\nConnection: close\r\n\r\n`,
  ];
  for (const head of heads) raws.push(await exchange(gateway.port, head.replace("\r\n", "\r\nConnection: close\r\n")));
  const bad = new Browser();
  for (const value of [canary("ticket"), `${"A".repeat(22)}.${canary("ticket-secret")}`, '"quoted"', "%0a%0d"]) {
    bad.jar.set("__Host-Http-coatcheck", value);
    for (const path of ["/a", "/auth/session", "/auth/check/nginx"])
      await go("bad cookie", path, { headers: { ...SCRIPT, "x-original-method": "GET", "x-original-url": `${ORIGIN}/` } }, bad);
  }
}

async function loseTheStore(): Promise<void> {
  const person = new Browser();
  const back = await person.approve(await person.begin(gateway.port));
  const leaving = new Browser();
  assert.equal((await leaving.login(gateway.port)).status, 303);
  for (const [name, value] of leaving.jar) canaries.add(name, value.slice(value.indexOf(".") + 1));
  gateway.store.complaint = `cannot connect to postgres://app:${canary("store-password")}@db`;
  gateway.store.down = true;
  const asked: [string, string, object][] = [
    ["outage: page", "/a", PAGE],
    ["outage: script", "/a", SCRIPT],
    ["outage: session", "/auth/session", SCRIPT],
    [
      "outage: check",
      "/auth/check/forward",
      { "x-forwarded-method": "GET", "x-forwarded-proto": "https", "x-forwarded-host": PUBLIC, "x-forwarded-uri": "/" },
    ],
  ];
  for (const [what, path, headers] of asked) {
    const answer = await go(what, path, { headers: { ...headers } });
    assert.equal(answer.status, 503, what);
    assert.deepEqual(answer.setCookies, []);
  }
  const logout = await go("outage: logout", "/auth/logout", { method: "POST", headers: SCRIPT }, leaving);
  assert.deepEqual([logout.status, logout.setCookies.length], [503, 1], "S-45 the cookie goes all the same");
  await go("outage: callback", back, { headers: PAGE }, person);
  gateway.store.down = false;
  assert.equal((await go("afterwards", "/a", { headers: PAGE })).status, 200);
}

async function signOut(): Promise<void> {
  const dead = browser.ticket;
  const logout = await go("logout", "/auth/logout", { method: "POST", headers: SCRIPT });
  assert.equal(logout.status, 200, logout.text);
  await go("copied ticket", "/a", { headers: { ...SCRIPT, cookie: dead } });
}

test("OP-01 the canaries are found where they are, in every encoding", () => {
  const planted = new Canaries();
  const secret = `Planted-${randomBytes(18).toString("base64url")}`;
  planted.add("planted", secret);
  const bytes = Buffer.from(`"x":"${secret}"`);
  for (const text of [
    secret,
    JSON.stringify({ secret }),
    encodeURIComponent(secret),
    bytes.toString("base64"),
    bytes.toString("base64url"),
    bytes.toString("hex"),
    `…${secret.slice(8)}`,
  ])
    assert.notDeepEqual(planted.foundIn(text), [], text);
  assert.deepEqual(planted.foundIn(bytes.toString("base64").slice(0, 8)), []);
  assert.ok(canaries.size > 500, String(canaries.size));
});

test("OP-01, S-09, S-40 no log line holds a secret, ticket, token, code, state or query, or can be forged", () => {
  const events = gateway.log.map((line) => {
    assert.match(line, /^\{[^\n\r]*\}\n$/, line);
    const said: { event?: string } = JSON.parse(line);
    return said.event;
  });
  for (const event of [
    "request",
    "login.begun",
    "login.completed",
    "login.failed",
    "session.created",
    "session.ended",
    "store.failed",
    "logout.completed",
    "csrf.refused",
    "upstream.failed",
  ])
    assert.ok(events.includes(event), `the log has no ${event}`);
  assert.equal(events.includes("forged"), false);
  for (const line of gateway.log) assert.deepEqual(canaries.foundIn(line), [], line);
  assert.ok(
    gateway.log.some((line) => line.includes('"session"')),
    "sessions are told by their ids",
  );
});

test("OP-01 no metric holds a secret, and its labels are few, whatever requests are like", async () => {
  const first = (await gateway.admin("/metrics")).text;
  assert.deepEqual(canaries.foundIn(first), []);
  for (const event of ["login.completed", "login.failed", "store.failed"]) assert.match(first, new RegExp(`event="${event}"`));
  const series = (text: string): readonly string[] =>
    [...new Set(text.split("\n").flatMap((line) => /^(coatcheck_(?!nodejs|process)[^ ]+) /.exec(line)?.[1] ?? []))].sort();
  for (let index = 0; index < 60; index++) {
    await gateway.ask(`/path-${index}/${randomBytes(4).toString("hex")}?q=${index}`, {
      method: ["GET", "POST", "PURGE"][index % 3] ?? "GET",
      headers: {
        ...SCRIPT,
        "user-agent": `agent-${index}`,
        host: index % 7 === 0 ? `h${index}.example` : PUBLIC,
        cookie: `__Host-Http-coatcheck=x${index}`,
      },
    });
  }
  const second = (await gateway.admin("/metrics")).text;
  const added = series(second).filter((one) => !series(first).includes(one));
  assert.ok(added.length <= 4, added.join("\n"));
  assert.ok(series(second).length < 400, String(series(second).length));
  assert.equal(/path-|agent-|\.example/.test(second), false);
});

test("OP-01, TK-11 no token, code or secret reaches the browser, but its ticket and the login's address", () => {
  assert.ok(answers.length > 50);
  for (const { what, answer } of answers) {
    const { location = "", "set-cookie": _, ...headers } = answer.headers;
    // RP-initiated logout carries the ID token to the provider as a hint, in an address of the provider's (LO-02);
    // nothing else does.
    const text = answer.text.replace(`${provider.issuer}/end?id_token_hint=`, "\0").replace(/\0[^&"]*/, "");
    assert.deepEqual(canaries.foundIn(text), [], `${what}: ${answer.text}`);
    assert.deepEqual(canaries.foundIn(JSON.stringify(headers)), [], `${what}: ${JSON.stringify(headers)}`);
    assert.equal(/forged/i.test(JSON.stringify(headers)), false, what);
    const secrets = canaries.foundIn(location).filter((name) => !/^(return-to|hint|query)/.test(name));
    // At the provider the state and the nonce are for it alone; none is in an address that leads anywhere else.
    if (!location.startsWith(`${provider.issuer}/authorize?`)) assert.deepEqual(secrets, [], `${what}: ${location}`);
    else for (const name of secrets) assert.match(name, /^(provider|state|__Host)/, `${what}: ${location}`);
    if (answer.status >= 400)
      assert.equal(/\bat .*:\d+:\d+|node_modules|\.ts\b/.test(answer.text), false, `${what}: ${answer.text}`);
  }
  for (const raw of raws) assert.deepEqual(canaries.foundIn(raw.replace(/^set-cookie:.*$|^location:.*$/gim, "")), [], raw);
});

test("CB-05, HD-02 pages of failures carry a reference that the log has, and the headers of a page of ours", () => {
  const failures = answers.filter(({ what, answer }) => /wrong|denied|forged|provider/.test(what) && answer.status >= 400);
  assert.ok(failures.length > 10);
  for (const { what, answer } of failures) {
    const reference = /\b[0-9a-f]{12}\b/.exec(answer.text)?.[0];
    assert.ok(reference !== undefined && gateway.log.some((line) => line.includes(reference)), `${what}: ${answer.text}`);
    assert.equal(answer.headers["x-content-type-options"], "nosniff");
    assert.equal(answer.headers["cache-control"], "no-store");
    assert.match(String(answer.headers["content-security-policy"]), /frame-ancestors 'none'/);
  }
});

test("OP-01, CR-02, S-09, S-11 the store's files hold no ticket, token, state or secret as it is", () => {
  const files = ["sessions.db", "sessions.db-wal"].map((name) => here.folder.file(name)).filter((file) => existsSync(file));
  const dump = files.map((file) => readFileSync(file, "latin1")).join("\n");
  assert.ok(dump.includes("alice@example.com"), "the dump is of a store that was used");
  assert.deepEqual(canaries.foundIn(dump), []);
});
