import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { FullGateway } from "../../test-support/full-gateway.ts";
import { ORIGIN, PAGE, SCRIPT, startFullGateway } from "../../test-support/full-gateway.ts";
import { exchange, PUBLIC } from "../../test-support/harness.ts";
import type { Answered } from "../../test-support/talk.ts";

type Headers = { readonly [name: string]: string | readonly string[] };

const LOGIN = (target: string): string => `${ORIGIN}/auth/login?return_to=${encodeURIComponent(target)}`;
const EMPTY = { "x-auth-request-email": "", "x-auth-request-groups": "", "x-auth-request-preferred-username": "" };

let gateway: FullGateway;
let alice: string;
before(async () => {
  gateway = await startFullGateway({ upstreams: [] });
  alice = await gateway.signIn("alice", { email: "alice@example.com", groups: ["staff", "ops"], preferred_username: "Alice Ä" });
});
after(() => gateway[Symbol.asyncDispose]());

const PROXIES = ["nginx", "forward"] as const;
type AskingProxy = (typeof PROXIES)[number];

function metadata(proxy: AskingProxy, method: string, target: string, origin: string = ORIGIN): Headers {
  const { protocol, host } = new URL(origin);
  return proxy === "nginx"
    ? { "x-original-method": method, "x-original-url": origin + target }
    : {
        "x-forwarded-method": method,
        "x-forwarded-proto": protocol.slice(0, -1),
        "x-forwarded-host": host,
        "x-forwarded-uri": target,
      };
}

/** Asks as a proxy does. */
async function question(
  proxy: AskingProxy,
  headers: Headers,
  { method = "GET", target = "/", groups = "" } = {},
): Promise<Answered> {
  const answer = await gateway.ask(`/auth/check/${proxy}${groups}`, {
    headers: { ...metadata(proxy, method, target), ...headers },
  });
  assert.deepEqual(answer.setCookies, [], "a check never sets a cookie");
  return answer;
}

function identityIn({ headers }: Answered): { readonly [name: string]: unknown } {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith("x-auth-request-")));
}

for (const proxy of PROXIES) {
  test(`A-15 ${proxy}: a yes carries every identity header, and nothing else of the session`, async () => {
    const answer = await question(proxy, { cookie: alice });
    assert.equal(answer.status, 200);
    assert.equal(answer.text, "");
    assert.deepEqual(identityIn(answer), {
      "x-auth-request-user": "alice",
      "x-auth-request-email": "alice@example.com",
      "x-auth-request-groups": "staff,ops",
      "x-auth-request-preferred-username": Buffer.from("Alice Ä").toString("latin1"),
    });
    assert.equal(JSON.stringify(answer.headers).includes(alice.split("=")[1] ?? ""), false);
    const bob = await gateway.signIn("bob");
    assert.deepEqual(identityIn(await question(proxy, { cookie: bob })), { "x-auth-request-user": "bob", ...EMPTY });
  });

  test(`${proxy}: HEAD is answered as GET, without a body`, async () => {
    const yes = await gateway.ask(`/auth/check/${proxy}`, {
      method: "HEAD",
      headers: { ...metadata(proxy, "GET", "/"), cookie: alice },
    });
    assert.deepEqual([yes.status, yes.headers["x-auth-request-user"], yes.text], [200, "alice", ""]);
    const no = await gateway.ask(`/auth/check/${proxy}`, { method: "HEAD", headers: metadata(proxy, "GET", "/") });
    assert.deepEqual([no.status, no.text], [401, ""]);
  });

  test(`A-28, A-29 ${proxy}: metadata that are missing, malformed or said twice are 400, for every caller`, async () => {
    const good = metadata(proxy, "GET", "/a");
    for (const name of Object.keys(good)) {
      const value = String(good[name]);
      const { [name]: _, ...without } = good;
      for (const headers of [
        without,
        { ...good, [name]: "" },
        { ...good, [name]: [value, value] },
        { ...good, [name]: ` ${value}\t,` },
      ]) {
        const answer = await gateway.ask(`/auth/check/${proxy}`, { headers: { ...headers, cookie: alice } });
        assert.equal(answer.status, 400, `${name}: ${JSON.stringify(headers)}`);
        assert.equal(JSON.parse(answer.text).code, "ERR_BAD_REQUEST");
      }
    }
    for (const method of ["get", "G3T", "GET ", "GE T", "GET;", "*", "A".repeat(40), "ÄT"]) {
      const answer = await gateway.ask(`/auth/check/${proxy}`, {
        headers: { ...metadata(proxy, Buffer.from(method).toString("latin1"), "/a"), cookie: alice },
      });
      // Node takes spaces from the ends of a value before the gateway sees it.
      assert.equal(answer.status, method.trim() === "GET" ? 200 : 400, method);
    }
  });

  test(`A-08, A-22, A-23, A-28 ${proxy}: an address that has no one meaning is 400`, async () => {
    const targets = [
      "/public/../admin",
      "/public/%2e%2e/admin",
      "/%2E./admin",
      "/public/..;/admin",
      "/a%2fb",
      "/a%5cb",
      "/a\\b",
      "//admin",
      "/./a",
      "/a%00",
      "/%zz",
      "/%",
      "/public%252e%252e/",
      "/public#/../admin",
      "/a#b",
      "/a b",
      "/%c3%28",
    ];
    for (const target of targets) {
      const answer = await question(proxy, { ...metadata(proxy, "GET", target), cookie: alice });
      assert.equal(answer.status, 400, target);
    }
    if (proxy === "forward") {
      for (const uri of ["a", "https://app.example.com/a", "*", "\\a", "?x"])
        assert.equal((await question(proxy, { "x-forwarded-uri": uri, cookie: alice })).status, 400, uri);
    } else {
      for (const url of [
        "/a",
        "app.example.com/a",
        "https:/app.example.com/a",
        "ftp://app.example.com/",
        "https://user@app.example.com/",
        "https://app.example.com@evil.example/",
        "https://app.example.com#@evil.example/",
      ])
        assert.equal((await question(proxy, { "x-original-url": url, cookie: alice })).status, 400, url);
    }
  });

  test(`A-24 ${proxy}: a host or a scheme that is not ours is 400`, async () => {
    for (const origin of [
      "https://evil.example",
      "http://app.example.com",
      "https://app.example.com:8443",
      "https://app.example.com.evil.example",
      "https://sub.app.example.com",
    ]) {
      const answer = await question(proxy, { ...metadata(proxy, "GET", "/", origin), cookie: alice });
      assert.equal(answer.status, 400, origin);
    }
  });

  test(`A-07 ${proxy}: what stands in a query opens nothing`, async () => {
    for (const target of ["/admin?/public/", "/admin?x=/auth/login", "/admin?groups=staff", "/?user=alice"]) {
      const answer = await question(proxy, SCRIPT, { target });
      assert.equal(answer.status, 401, target);
    }
  });

  test(`A-14 ${proxy}: groups narrow, and what is not understood closes`, async () => {
    const statusOf = async (groups: string): Promise<number> => (await question(proxy, { cookie: alice }, { groups })).status;
    for (const groups of ["?groups=staff", "?groups=other,ops", "?groups=other,%20ops", "?"])
      assert.equal(await statusOf(groups), 200, groups);
    for (const groups of ["?groups=other", "?groups=Staff", "?groups=staf", "?groups=staff%20ops"])
      assert.equal(await statusOf(groups), 403, groups);
    for (const groups of [
      "?groups=",
      "?groups=staff,",
      "?group=staff",
      "?groups=staff&groups=other",
      "?groups=staff&x=1",
      "?groups",
      "?Groups=staff",
    ])
      assert.equal(await statusOf(groups), 400, groups);
    const bob = await gateway.signIn("bob", { groups: "staff" });
    assert.equal(
      (await question(proxy, { cookie: bob }, { groups: "?groups=staff" })).status,
      403,
      "a claim that is no list holds no group",
    );
    const anonymous = await question(proxy, SCRIPT, { groups: "?groups=staff" });
    assert.equal(anonymous.status, 401);
  });

  test(`CS-02, CS-03, CS-13 ${proxy}: the original method and headers decide what another site may do`, async () => {
    const table: readonly (readonly [method: string, headers: Headers, status: number])[] = [
      ["GET", { "sec-fetch-site": "cross-site" }, 200],
      ["HEAD", { "sec-fetch-site": "cross-site" }, 200],
      ["OPTIONS", { origin: "https://evil.example" }, 200],
      ["POST", { "sec-fetch-site": "same-origin" }, 200],
      ["POST", { "sec-fetch-site": "none" }, 200],
      ["POST", { origin: ORIGIN }, 200],
      ["POST", {}, 403],
      ["POST", { "sec-fetch-site": "cross-site", origin: ORIGIN }, 403],
      ["POST", { "sec-fetch-site": "same-site" }, 403],
      ["POST", { "sec-fetch-site": "" }, 403],
      ["POST", { origin: "null" }, 403],
      ["POST", { origin: `http://${PUBLIC}` }, 403],
      ["POST", { origin: `${ORIGIN}.evil.example` }, 403],
      ["DELETE", { "sec-fetch-site": "cross-site" }, 403],
      ["TRACE", { "sec-fetch-site": "cross-site" }, 403],
      ["PROPFIND", { origin: "https://evil.example" }, 403],
    ];
    for (const [method, headers, status] of table) {
      const answer = await question(proxy, { ...headers, cookie: alice }, { method });
      assert.equal(answer.status, status, `${method} ${JSON.stringify(headers)}`);
      if (status === 403) assert.match(answer.headers.vary ?? "", /Sec-Fetch-Site, Origin/);
    }
    // The question's own method is not the original's.
    const asked = await gateway.ask(`/auth/check/${proxy}`, {
      method: "POST",
      headers: { ...metadata(proxy, "GET", "/"), cookie: alice },
    });
    assert.equal(asked.status, 200);
  });

  test(`CS-07 ${proxy}: the handshake of a socket is judged by its origin`, async () => {
    const handshake = { cookie: alice, "sec-websocket-key": "AQEBAQEBAQEBAQEBAQEBAQ==" };
    const statusOf = async (headers: Headers): Promise<number> => (await question(proxy, { ...handshake, ...headers })).status;
    assert.equal(await statusOf({ origin: ORIGIN }), 200);
    for (const headers of [{}, { origin: "null" }, { origin: "https://evil.example" }, { origin: `http://${PUBLIC}` }])
      assert.equal(await statusOf(headers), 403, JSON.stringify(headers));
  });

  test(`A-10, A-32 ${proxy}: neither a user agent nor an address passes for a user`, async () => {
    for (const headers of [
      { "user-agent": "GoogleHC/1.0" },
      { "user-agent": "kube-probe/1.30" },
      { "x-forwarded-for": "a" },
      { "x-forwarded-for": "127.0.0.1" },
      { "x-real-ip": "127.0.0.1" },
    ])
      assert.equal((await question(proxy, headers)).status, 401, JSON.stringify(headers));
  });

  test(`A-36 ${proxy}: a bearer without a verifier is no session, and an identity header is none`, async () => {
    for (const headers of [
      { authorization: "Bearer x" },
      { authorization: `Bearer ${alice.split("=")[1]}` },
      { authorization: "Basic YTpi" },
      { "x-auth-request-user": "alice" },
      { "remote-user": "alice" },
    ])
      assert.equal((await question(proxy, headers)).status, 401, JSON.stringify(headers));
  });

  test(`S-05 ${proxy}: a store outage is 503 with Retry-After for callers with a ticket, and changes nothing`, async () => {
    gateway.store.down = true;
    const [page, script, anonymous] = await Promise.all([
      question(proxy, { ...PAGE, cookie: alice }),
      question(proxy, { ...SCRIPT, cookie: alice }),
      question(proxy, SCRIPT),
    ]).finally(() => {
      gateway.store.down = false;
    });
    for (const answer of [page, script]) {
      assert.deepEqual([answer.status, answer.headers["retry-after"]], [503, "5"]);
    }
    assert.match(page.text, /You are still signed in/, "F-36: what the proxy passes on to a person is a page");
    assert.equal(JSON.parse(script.text).code, "ERR_STORE_UNAVAILABLE");
    assert.equal(anonymous.status, 401);
    assert.equal((await question(proxy, { cookie: alice })).status, 200);
  });
}

test("HD-02 a yes shows a user, and is no-store like everything that does", async () => {
  for (const proxy of PROXIES) {
    const answer = await question(proxy, { cookie: alice });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers["cache-control"], "no-store");
  }
});

test("nginx: a no is 401 with the address of the login, and tells what the browser is to get", async () => {
  const table: readonly (readonly [headers: Headers, method: string, status: string])[] = [
    [PAGE, "GET", "302"],
    [{ accept: "text/html" }, "GET", "302"],
    [{ ...PAGE, "sec-fetch-site": "same-origin" }, "POST", "303"],
    [SCRIPT, "GET", "401"],
    [{}, "GET", "401"],
    [{ ...PAGE, "sec-purpose": "prefetch" }, "GET", "401"],
    [{ ...PAGE, "sec-fetch-dest": "image", "sec-fetch-mode": "no-cors" }, "GET", "401"],
  ];
  for (const [headers, method, status] of table) {
    const answer = await question("nginx", headers, { method, target: "/a?x=1" });
    assert.equal(answer.status, 401);
    assert.equal(answer.headers["x-coatcheck-status"], status, JSON.stringify(headers));
    assert.equal(answer.headers.location, LOGIN(method === "GET" ? "/a?x=1" : "/"));
    assert.equal(answer.headers["cache-control"], "no-store");
  }
});

test("HD-02 forward: a no is the login for a page, 303 after a form, and 401 for a script", async () => {
  const page = await question("forward", PAGE, { target: "/a?x=1" });
  assert.deepEqual([page.status, page.headers.location], [302, LOGIN("/a?x=1")]);
  assert.match(String(page.headers["strict-transport-security"]), /^max-age=31536000/);
  assert.equal(page.headers["x-content-type-options"], "nosniff");
  const form = await question(
    "forward",
    { ...PAGE, "sec-fetch-site": "same-origin", referer: `${ORIGIN}/form` },
    { method: "POST" },
  );
  assert.deepEqual([form.status, form.headers.location], [303, LOGIN("/form")]);
  const evil = await question(
    "forward",
    { ...PAGE, "sec-fetch-site": "same-origin", referer: "https://evil.example/" },
    { method: "POST" },
  );
  assert.equal(evil.headers.location, LOGIN("/"));
  const script = await question("forward", SCRIPT);
  assert.deepEqual([script.status, script.headers.location], [401, undefined]);
});

test("forward: Traefik's scheme of a socket is that of its origin", async () => {
  const handshake = { cookie: alice, "sec-websocket-key": "AQEBAQEBAQEBAQEBAQEBAQ==", origin: ORIGIN };
  assert.equal((await question("forward", { ...handshake, "x-forwarded-proto": "wss" })).status, 200);
  assert.equal((await question("forward", { ...handshake, "x-forwarded-proto": "ws" })).status, 400);
});

test("CS-07 forward: a question that is itself a handshake, as Caddy asks it, is answered as any other", async () => {
  const lines = { ...metadata("forward", "GET", "/"), cookie: alice, "sec-websocket-key": "AQEBAQEBAQEBAQEBAQEBAQ==" };
  const asked = async (more: string): Promise<string> => {
    const head = Object.entries(lines).map(([name, value]) => `${name}: ${String(value)}\r\n`);
    const upgrade = "Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
    return exchange(gateway.port, `GET /auth/check/forward HTTP/1.1\r\n${upgrade}${head.join("")}${more}\r\n`);
  };
  const yes = await asked(`Origin: ${ORIGIN}\r\n`);
  assert.match(yes, /^HTTP\/1\.1 200 /);
  assert.match(yes, /^x-auth-request-user: alice\r$/im);
  assert.match(await asked("Origin: https://evil.example\r\n"), /^HTTP\/1\.1 403 /);
  assert.match(await asked(""), /^HTTP\/1\.1 403 /);
});

test("A-14 forward: a query that Caddy carries over opens nothing", async () => {
  const carried = async (query: string, target: string): Promise<number> =>
    (await gateway.ask(`/auth/check/forward?${query}`, { headers: { ...metadata("forward", "GET", target), cookie: alice } }))
      .status;
  assert.equal(await carried("x=1&y=2", "/a?x=1&y=2"), 200);
  assert.equal(await carried("groups=staff", "/a?groups=staff"), 200);
  assert.equal(await carried("groups=other", "/a?groups=other"), 403);
  assert.equal(await carried("groups=other&x=1", "/a?groups=other&x=1"), 403);
  assert.equal(await carried("group=other", "/a?x=1"), 400);
});

test("A-09, A-24 metadata count from trusted peers alone; others get 400 with whatever they send", async () => {
  for (const trustedProxies of [[], ["10.0.0.0/8"]]) {
    await using closed = await startFullGateway({ upstreams: [], config: { trustedProxies } });
    const cookie = await closed.signIn("alice");
    for (const proxy of PROXIES) {
      const headers = { ...metadata(proxy, "GET", "/"), cookie, "x-forwarded-for": "10.0.0.1" };
      assert.equal((await closed.ask(`/auth/check/${proxy}`, { headers })).status, 400);
    }
    const envoy = { cookie, "x-forwarded-proto": "https" };
    assert.equal((await closed.ask("/auth/check/envoy/", { headers: envoy })).status, 400);
  }
});

test("what is no check endpoint is 400, and so is a bare one", async () => {
  for (const path of ["", "nginx/", "Nginx", "apache", "envoy", "nginx%3fgroups=a", "../session"]) {
    const answer = await gateway.ask(`/auth/check/${path}`, {
      headers: { ...metadata("nginx", "GET", "/"), ...metadata("forward", "GET", "/"), cookie: alice },
    });
    assert.equal(answer.status, 400, path);
  }
});

test("SE-02 a check is activity of the user, at most once in a twentieth of the idle time", async () => {
  const clock = { ms: Date.UTC(2030, 0, 1) };
  const now = (): number => clock.ms;
  await using busy = await startFullGateway({
    upstreams: [],
    config: { session: { idle: "10m", lifetime: "1d" } },
    world: {
      providers: [],
      clock: {
        now,
        monotonic: now,
        sleep: (_ms, signal) => new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
      },
    },
  });
  const cookie = await busy.signIn("alice");
  const statusOf = async (): Promise<number> =>
    (await busy.ask("/auth/check/nginx", { headers: { ...metadata("nginx", "GET", "/"), cookie } })).status;
  for (let visit = 0; visit < 5; visit++) {
    clock.ms += 9 * 60_000;
    assert.equal(await statusOf(), 200, `visit ${visit}`);
  }
  clock.ms += 10 * 60_000 + 1;
  assert.equal(await statusOf(), 401);
});

test("CK-10, A-42 hostile cookies and heads are answered, never with 5xx", async () => {
  const heads = [
    `Cookie: ${"a=b; ".repeat(1500)}`,
    `Cookie: ${"__Host-Http-coatcheck=x; ".repeat(100)}`,
    "Cookie: =;=;;;==",
    "Cookie: __Host-Http-coatcheck=\x80\xff",
    `Cookie: ${alice}\r\nCookie: ${alice}`,
    `Cookie: a="\r\nCookie: b=";`,
  ];
  for (const head of heads) {
    const metadataLines = Object.entries(metadata("nginx", "GET", "/")).map(([name, value]) => `${name}: ${String(value)}\r\n`);
    const bytes = Buffer.from(
      `GET /auth/check/nginx HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${metadataLines.join("")}${head}\r\n\r\n`,
      "latin1",
    );
    const answer = await exchange(gateway.port, bytes);
    assert.match(answer, /^HTTP\/1\.1 (200|401|400|431) /, head.slice(0, 60));
    assert.equal(/set-cookie/i.test(answer), false);
  }
});

/**
 * Everything that comes back for these requests, sent one behind the other on one connection, the last of which closes
 * it.
 */
async function onOneConnection(requests: readonly (readonly string[])[]): Promise<readonly string[]> {
  const lines = requests.map((request) => ["GET /auth/check/nginx HTTP/1.1", `host: ${PUBLIC}`, ...request, "", ""].join("\r\n"));
  const answers = (await exchange(gateway.port, lines.join(""))).split("HTTP/1.1 ").slice(1);
  assert.equal(answers.length, requests.length);
  return answers;
}

/** The header lines of an answer, without those that tell of the moment and of the connection. */
const lasting = (answer: string): readonly string[] =>
  answer
    .split("\r\n")
    .filter((line) => !/^(date|connection|keep-alive):/i.test(line))
    .map((line) => line.toLowerCase())
    .toSorted();

test("A-15 HD-02 a yes is the same on a connection that is kept and on one that is not", async () => {
  const question = [`x-original-url: ${ORIGIN}/`, "x-original-method: GET"];
  const known = [...question, `cookie: ${alice}`];
  const [first = "", no = "", second = "", last = ""] = await onOneConnection([
    known,
    question,
    known,
    [...known, "connection: close"],
  ]);
  assert.match(no, /^401 /);
  for (const yes of [first, second]) {
    assert.deepEqual(lasting(yes), lasting(last));
    assert.match(yes, /^200 OK\r\n/);
    assert.match(yes, /\r\ncontent-length: 0\r\n/);
    assert.match(yes, /\r\ncache-control: no-store\r\n/);
    assert.match(yes, /\r\nconnection: keep-alive\r\n/);
    const [, date = ""] = /\r\ndate: ([^\r]+)\r\n/.exec(yes) ?? [];
    assert.ok(Math.abs(Date.parse(date) - Date.now()) < 60_000, date);
    const [, name = ""] = /x-auth-request-preferred-username: ([^\r]*)/.exec(yes) ?? [];
    assert.equal(Buffer.from(name, "latin1").toString(), "Alice Ä");
  }
  assert.match(last, /\r\nconnection: close\r\n/i);
});

test("A-15 nothing that a provider says of a user becomes a line of a yes", async () => {
  const mallory = await gateway.signIn("mallory", {
    email: "m@example.com\r\nx-auth-request-groups: admins",
    groups: ["staff\r\nx-evil: 1", "ops\u0085x", "fine"],
    preferred_username: "line\u2028separator",
  });
  const question = [`x-original-url: ${ORIGIN}/`, "x-original-method: GET", `cookie: ${mallory}`];
  const [yes = ""] = await onOneConnection([question, [...question, "connection: close"]]);
  assert.match(yes, /^200 OK\r\nx-auth-request-user: mallory\r\nx-auth-request-email: \r\nx-auth-request-groups: fine\r\n/);
  assert.equal(/evil|admins|separator/.test(yes), false);
});
