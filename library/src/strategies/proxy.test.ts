import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ProxyVerdict, RequestView } from "../contracts.ts";
import type { ProxyOptions } from "./proxy.ts";
import { proxyReader } from "./proxy.ts";
import type { ProxyHeaders, ProxyPresetName } from "./proxy-presets.ts";
import { PROXY_PRESETS } from "./proxy-presets.ts";

const NOW = 1_800_000_000_000;
const PEER = "10.0.0.1";
const SECRETS = ["pZsb0WG1ehJS4A6tQ8TzC9r1Lh7mYxkVfNq2Uo5dEwI", "Xc3vB7nM1qW5eR9tY2uI6oP0aS4dF8gH3jK7lZ1xCvQ"] as const;

type Lines = readonly (readonly [name: string, value: string])[];

/** A request as Node hands it on; `fetch` is one that cannot tell lines apart. */
function request(lines: Lines, peer: string | undefined = PEER, kind: "node" | "fetch" = "node"): RequestView {
  const of = (name: string): readonly string[] =>
    lines.filter(([given]) => given.toLowerCase() === name).map(([, value]) => value);
  return {
    method: "GET",
    target: "/",
    peer,
    header: (name) => (of(name).length === 0 ? undefined : of(name).join(", ")),
    ...(kind === "node" ? { lines: (name: string) => of(name).length } : {}),
  };
}

function read(options: Partial<ProxyOptions>, view: RequestView, now = NOW): ProxyVerdict {
  const verdict = proxyReader({ trusted: ["10.0.0.0/8"], ...options }).read(view, now);
  assert.ok(!(verdict instanceof Promise));
  return verdict;
}

const asserted = (verdict: ProxyVerdict) => {
  assert.equal(verdict.kind, "asserted", JSON.stringify(verdict));
  return verdict.kind === "asserted" ? verdict.identity : assert.fail();
};

const PRESETS: readonly (readonly [preset: keyof typeof PROXY_PRESETS, lines: Lines, subject: string, claims: object])[] = [
  [
    "oauth2-proxy",
    [
      ["X-Auth-Request-User", "8f14e45f"],
      ["X-Auth-Request-Email", "alice@example.com"],
      ["X-Auth-Request-Groups", "staff,role:admin"],
      ["X-Auth-Request-Preferred-Username", "alice"],
    ],
    "8f14e45f",
    { email: "alice@example.com", groups: ["staff", "role:admin"], preferred_username: "alice" },
  ],
  [
    "authelia",
    [
      ["Remote-User", "alice"],
      ["Remote-Name", "Alice Doe, PhD"],
      ["Remote-Email", "alice@example.com"],
      ["Remote-Groups", "admins,dev"],
    ],
    "alice",
    { email: "alice@example.com", groups: ["admins", "dev"], name: "Alice Doe, PhD" },
  ],
  [
    "authentik",
    [
      ["X-authentik-username", "akadmin"],
      ["X-authentik-uid", "900347b8a29876b45ca6f75722635ecfedf0e931c6022e3a29a8aa13fb5516fb"],
      ["X-authentik-email", "root@localhost"],
      ["X-authentik-name", "authentik Default Admin"],
      ["X-authentik-groups", "foo|bar, too|baz"],
    ],
    "900347b8a29876b45ca6f75722635ecfedf0e931c6022e3a29a8aa13fb5516fb",
    {
      email: "root@localhost",
      preferred_username: "akadmin",
      name: "authentik Default Admin",
      groups: ["foo", "bar, too", "baz"],
    },
  ],
  [
    "tailscale",
    [
      ["Tailscale-User-Login", "alice@github"],
      ["Tailscale-User-Name", "=?utf-8?q?Ferris_B=C3=BCller?="],
    ],
    "alice@github",
    { name: "Ferris Büller" },
  ],
  [
    "generic",
    [
      ["X-Forwarded-User", "alice"],
      ["X-Forwarded-Email", "alice@example.com"],
      ["X-Forwarded-Groups", "a , b"],
      ["X-Forwarded-Preferred-Username", "al"],
    ],
    "alice",
    { email: "alice@example.com", groups: ["a", "b"], preferred_username: "al" },
  ],
];

for (const [preset, lines, subject, claims] of PRESETS) {
  test(`S-28 S-36 ${preset}: identity and claims, keyed by issuer and subject`, () => {
    const expected = { issuer: `proxy:${preset}`, subject, claims, authenticatedAt: NOW, method: "proxy" };
    assert.deepEqual(asserted(read({ preset }, request(lines))), expected);
    assert.deepEqual(asserted(read({ preset, issuer: "https://sso.example" }, request(lines))).issuer, "https://sso.example");
  });

  test(`TP-03 A-09 ${preset}: from any but a trusted peer it is stripped`, () => {
    for (const peer of ["11.0.0.1", "::1", "fe80::1%eth0", "unix", "", "garbage", "::ffff:11.0.0.1"]) {
      assert.deepEqual(read({ preset }, request(lines, peer)), { kind: "stripped", reason: "peer" }, peer);
    }
    const { peer: _, ...unknown } = request(lines);
    assert.deepEqual(read({ preset }, unknown), { kind: "stripped", reason: "peer" });
    assert.equal(read({ preset }, request(lines, "::ffff:10.0.0.1")).kind, "asserted");
    assert.equal(read({ preset, trusted: ["unix"] }, request(lines, "unix")).kind, "asserted");
  });

  test(`A-11 A-19 ${preset}: only the names themselves are read, in any case, and never with underscores`, () => {
    const spelt = (change: (name: string) => string): Lines => lines.map(([name, value]) => [change(name), value]);
    assert.equal(read({ preset }, request(spelt((name) => name.toUpperCase()))).kind, "asserted");
    assert.deepEqual(read({ preset }, request(spelt((name) => name.replaceAll("-", "_")))), { kind: "absent" });
    const mixed = request([...lines, ...lines.map(([name]) => [name.replaceAll("-", "_"), "mallory@evil"] as const)]);
    assert.equal(asserted(read({ preset }, mixed)).subject, subject);
  });

  test(`TP-03 ${preset}: a header that is there twice is malformed, whatever it says`, () => {
    for (const [name, value] of lines) {
      for (const again of [value, "mallory", ""]) {
        const verdict = read({ preset }, request([...lines, [name.toLowerCase(), again]]));
        assert.match(JSON.stringify(verdict), /^\{"kind":"malformed","reason":"[a-z-]+-repeated"\}$/, `${name} ${again}`);
      }
    }
  });

  test(`A-17 A-26 ${preset}: an assertion without a name is malformed, not an anonymous caller`, () => {
    const { user } = PROXY_PRESETS[preset].headers;
    const others = lines.filter(([name]) => name.toLowerCase() !== user);
    assert.deepEqual(read({ preset }, request(others)), { kind: "malformed", reason: "user-missing" });
    assert.deepEqual(read({ preset }, request([...others, [user, ""]])), { kind: "malformed", reason: "user-missing" });
  });

  test(`A-15 ${preset}: no header, and nothing but empty ones, is anonymous, from any peer`, () => {
    for (const peer of [PEER, "11.0.0.1", ""]) {
      assert.deepEqual(read({ preset }, request([["cookie", "a=b"]], peer)), { kind: "absent" });
      const empty: Lines = lines.map(([name]) => [name, ""]);
      assert.deepEqual(read({ preset }, request(empty, peer)), { kind: "absent" });
    }
  });
}

const utf8 = (text: string): string => Buffer.from(text).toString("latin1");

const USERS: readonly (readonly [value: string, good: boolean, why: string])[] = [
  ["alice", true, "a name"],
  ["Alice Doe", true, "a space within"],
  ["alice@example.com", true, "an address"],
  ["DOMAIN\\alice", true, "a domain of Windows"],
  ["a".repeat(255), true, "the longest"],
  [utf8("Jörg"), true, "UTF-8"],
  [utf8("山田"), true, "UTF-8 of other scripts"],
  ["a".repeat(256), false, "over-long"],
  [" alice", false, "a leading space"],
  ["alice\t", false, "a trailing tab"],
  [utf8("\u00a0alice"), false, "a leading space that is none in ASCII"],
  ["al\u0000ice", false, "a control character"],
  ["al\u007fice", false, "DEL"],
  [utf8("al\u0085ice"), false, "a control character beyond ASCII"],
  [utf8("al\u200bice"), false, "a space without width"],
  [utf8("al\u200dice"), false, "a joiner"],
  [utf8("\u202eecila"), false, "a turned line"],
  [utf8("al\u2028ice"), false, "a line separator"],
  [utf8("al\ue000ice"), false, "private use"],
  [utf8("Jo\u0308rg"), false, "a second spelling of the same letter"],
  ["J\u00f6rg", false, "Latin-1, which is no UTF-8"],
  ["J\u0153rg", false, "no byte"],
  ["\u00ef\u00bb\u00bfalice", false, "a byte order mark"],
  ["\u00c0\u00afalice", false, "an over-long form"],
  ["alice,", false, "a trailing comma"],
  [",alice", false, "a leading comma"],
  ["alice, bob", false, "two that were joined"],
  ["alice,bob", false, "two that were joined without a space"],
  [",", false, "nothing but a comma"],
  ["@", false, "a lone @"],
  ["alice@", false, "an @ at the end"],
  ["@example.com", false, "an @ at the beginning"],
  ["a@evil@good.com", false, "A-12 two @"],
  ["a@@good.com", false, "A-12 two @ together"],
];

for (const [value, good, why] of USERS) {
  for (const kind of ["node", "fetch"] as const) {
    test(`S-36 A-29 a user with ${why} is ${good ? "taken as it is" : "malformed"} (${kind})`, () => {
      const verdict = read({}, request([["x-forwarded-user", value]], PEER, kind));
      if (good) assert.equal(asserted(verdict).subject, Buffer.from(value, "latin1").toString());
      else assert.deepEqual(verdict, { kind: "malformed", reason: "user-malformed" });
    });
  }
}

const OTHERS: readonly (readonly [header: string, value: string, verdict: string | object])[] = [
  ["x-forwarded-email", "alice", "email-malformed"],
  ["x-forwarded-email", "a b@example.com", "email-malformed"],
  ["x-forwarded-email", "a@evil@good.com", "email-malformed"],
  ["x-forwarded-email", "@", "email-malformed"],
  ["x-forwarded-email", "a@b.c,d@e.f", "email-malformed"],
  ["x-forwarded-email", `${"a".repeat(250)}@b.cd`, "email-malformed"],
  ["x-forwarded-email", utf8("jörg@exämple.com"), { email: "jörg@exämple.com" }],
  ["x-forwarded-email", "", {}],
  ["x-forwarded-preferred-username", "al,", "preferred-username-malformed"],
  ["x-forwarded-preferred-username", "al\u0001", "preferred-username-malformed"],
  ["x-forwarded-groups", "a,,b", "groups-malformed"],
  ["x-forwarded-groups", "a,", "groups-malformed"],
  ["x-forwarded-groups", ",", "groups-malformed"],
  ["x-forwarded-groups", "a\u0007", "groups-malformed"],
  ["x-forwarded-groups", "g".repeat(256), "groups-malformed"],
  ["x-forwarded-groups", new Array(1001).fill("g").join(","), "groups-malformed"],
  ["x-forwarded-groups", utf8("a,zürich"), { groups: ["a", "zürich"] }],
  ["x-forwarded-groups", "a", { groups: ["a"] }],
];

test("S-36 claims are checked as strictly, and one that is malformed is not left out", () => {
  for (const [header, value, expected] of OTHERS) {
    const verdict = read(
      {},
      request([
        ["x-forwarded-user", "alice"],
        [header, value],
      ]),
    );
    if (typeof expected === "string") assert.deepEqual(verdict, { kind: "malformed", reason: expected }, `${header}: ${value}`);
    else assert.deepEqual(asserted(verdict).claims, expected, `${header}: ${value}`);
  }
});

test("S-36 a name that is only shown may hold joiners and commas, but turns no line around", () => {
  const options = { headers: { user: "x-user", name: "x-name" } };
  const named = (name: string) =>
    read(
      options,
      request([
        ["x-user", "alice"],
        ["x-name", utf8(name)],
      ]),
    );
  for (const name of ["Doe, Jane", "می\u200cخواهم", "👩\u200d💻"]) assert.equal(asserted(named(name)).claims["name"], name);
  for (const name of ["\u202eenaJ", "a\u0000", "a\u2029b", "x".repeat(256)]) {
    assert.deepEqual(named(name), { kind: "malformed", reason: "name-malformed" });
  }
});

test("S-36 no text is rewritten: an asserted user is byte for byte what was sent", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
      if (/[\r\n\0]/.test(text)) return;
      const verdict = read({}, request([["x-forwarded-user", Buffer.from(text.toWellFormed()).toString("latin1")]]));
      if (verdict.kind === "asserted") assert.equal(verdict.identity.subject, text);
      else assert.notEqual(verdict.kind, "stripped");
    }),
  );
});

const MINE = ["x-forwarded-user", "alice"] as const;

test("S-64 a secret that a function gives is the one of now; the first is judged at start", () => {
  const [old, fresh] = SECRETS;
  let value: string | readonly string[] = old;
  const secret = { header: "X-Proxy-Secret", value: () => value };
  const reader = proxyReader({ trusted: ["10.0.0.0/8"], secret });
  const kindsOf = () => SECRETS.map((shown) => Object(reader.read(request([MINE, ["x-proxy-secret", shown]]), NOW)).kind);
  assert.deepEqual(kindsOf(), ["asserted", "stripped"]);
  value = [fresh, old];
  assert.deepEqual(kindsOf(), ["asserted", "asserted"]);
  value = fresh;
  assert.deepEqual(kindsOf(), ["stripped", "asserted"]);
  value = "changeme";
  assert.throws(() => proxyReader({ trusted: ["10.0.0.0/8"], secret }), /proxy\.secret\.value/);
});

test("TP-03 S-28 a secret: right, wrong, missing, twice, and while it is changed", () => {
  const [old, fresh] = SECRETS;
  const one = { secret: { header: "X-Proxy-Secret", value: old } };
  const two = { secret: { header: "X-Proxy-Secret", value: [fresh, old] } };
  const stripped = { kind: "stripped", reason: "secret" };
  assert.equal(read(one, request([MINE, ["x-proxy-secret", old]])).kind, "asserted");
  assert.equal(read(two, request([MINE, ["X-Proxy-Secret", old]])).kind, "asserted");
  assert.equal(read(two, request([MINE, ["x-proxy-secret", fresh]])).kind, "asserted");
  assert.deepEqual(read(one, request([MINE, ["x-proxy-secret", fresh]])), stripped);
  assert.deepEqual(read(one, request([MINE])), stripped);
  assert.deepEqual(read(one, request([MINE, ["x-proxy-secret", ""]])), stripped);
  assert.deepEqual(read(one, request([MINE, ["x_proxy_secret", old]])), stripped);
  assert.deepEqual(read(one, request([MINE, ["x-proxy-secret", old], ["x-proxy-secret", old]])), stripped);
  assert.deepEqual(read(one, request([MINE, ["x-proxy-secret", `${old},${fresh}`]])), stripped);
  assert.deepEqual(read(one, request([MINE, ["x-proxy-secret", old]], "8.8.8.8")), { kind: "stripped", reason: "peer" });
  assert.deepEqual(read(one, request([["x-proxy-secret", old]])), { kind: "absent" });
  assert.deepEqual(proxyReader({ trusted: [PEER], ...one }).headers.at(-1), "x-proxy-secret");
  assert.deepEqual([proxyReader({ trusted: [PEER], ...one }).proven, proxyReader({ trusted: [PEER] }).proven], [true, false]);
});

test("TP-03 S-28 if the proxy signs, its plain headers are not read, and only trusted peers are heard", async () => {
  const asked: string[] = [];
  const verdict: ProxyVerdict = { kind: "absent" };
  const assertion = {
    header: "x-signed",
    verify: (token: string) => {
      asked.push(token);
      return verdict;
    },
  };
  const secret = { header: "x-proxy-secret", value: SECRETS[0] };
  const reader = proxyReader({ trusted: [PEER], secret }, { assertion });
  assert.deepEqual([reader.headers, reader.proven], [["x-signed", "x-proxy-secret"], true]);
  const known = ["x-proxy-secret", SECRETS[0]] as const;
  assert.deepEqual(await reader.read(request([MINE, known]), NOW), { kind: "absent" });
  assert.deepEqual(await reader.read(request([["x-signed", ""], known]), NOW), { kind: "absent" });
  assert.deepEqual(await reader.read(request([["x_signed", "a.b.c"], known]), NOW), { kind: "absent" });
  assert.deepEqual(await reader.read(request([["x-signed", "a.b.c"], known], "8.8.8.8"), NOW), {
    kind: "stripped",
    reason: "peer",
  });
  assert.deepEqual(await reader.read(request([["x-signed", "a.b.c"]]), NOW), { kind: "stripped", reason: "secret" });
  for (const again of ["a.b.c", "d.e.f", ""]) {
    const twice = request([["x-signed", "a.b.c"], ["X-Signed", again], known]);
    assert.deepEqual(await reader.read(twice, NOW), { kind: "malformed", reason: "assertion-repeated" });
  }
  assert.deepEqual(asked, []);
  assert.equal(await reader.read(request([["X-Signed", "a.b.c"], MINE, known]), NOW), verdict);
  assert.deepEqual(asked, ["a.b.c"]);
});

test("S-28 the same assertion gives the same identity object, and a long-known one is made anew", () => {
  const reader = proxyReader({ trusted: ["10.0.0.0/8"] });
  const both = [MINE, ["x-forwarded-groups", "a,b"]] as const;
  const first = reader.read(request(both), NOW);
  assert.equal(reader.read(request(both), NOW + 1_000), first);
  assert.notEqual(reader.read(request([MINE, ["x-forwarded-groups", "a"]]), NOW), first);
  assert.deepEqual(reader.read(request([MINE, ["x-forwarded-groups", "a"], ["x-forwarded-groups", "b"]]), NOW), {
    kind: "malformed",
    reason: "groups-repeated",
  });
  const joined = reader.read(request([MINE, ["x-forwarded-groups", "a, b"]]), NOW);
  assert.equal(joined instanceof Promise ? "" : joined.kind, "asserted");
  const twice = reader.read(request([MINE, ["x-forwarded-groups", "a"], ["x-forwarded-groups", "b"]]), NOW);
  assert.equal(twice instanceof Promise ? "" : twice.kind, "malformed", "also where the joined value is known");
  assert.notEqual(reader.read(request(both), NOW + 3_600_000), first);
});

test("S-28 the memory of identities is bounded, and never mixes two", () => {
  const reader = proxyReader({ trusted: ["10.0.0.0/8"] });
  for (let index = 0; index < 3_000; index++) {
    const verdict = reader.read(request([["x-forwarded-user", `user${index}`]]), NOW);
    assert.equal(verdict instanceof Promise || verdict.kind !== "asserted" ? "" : verdict.identity.subject, `user${index}`);
  }
  const moved = reader.read(request([["x-forwarded-email", "a@b.c"]]), NOW);
  assert.deepEqual(moved, { kind: "malformed", reason: "user-missing" });
});

test("TP-01 a configuration that believes no peer or all of them is refused, and says what to name", () => {
  assert.throws(
    () => proxyReader({ trusted: [] }),
    /^TypeError: proxy\.trusted is empty.*\n {2}Name the addresses of your proxy/,
  );
  for (const range of ["0.0.0.0/0", "::/0", "::ffff:0:0/96"]) {
    assert.throws(() => proxyReader({ trusted: [PEER, range] }), {
      name: "TypeError",
      message: `proxy.trusted[1] is ${range}, which trusts everyone\n  Anyone could then claim to be any user. Name the addresses of your proxy, for example 10.0.3.7/32.`,
    });
  }
  assert.throws(() => proxyReader({ trusted: ["proxy.internal"] }), /which is no address range/);
});

test("S-28 headers and secrets that cannot be used are refused at start", () => {
  const make = (options: Partial<ProxyOptions>) => () => proxyReader({ trusted: [PEER], ...options });
  for (const user of ["X_User", "", "x user", "x-user:", "Cookie", "Authorization", "X-Forwarded-For", "Host", "User-Agent"]) {
    assert.throws(make({ headers: { user } }), /^TypeError: proxy\.headers\.user is /, user);
  }
  const unknown: ProxyPresetName = JSON.parse('"constructor"');
  assert.throws(make({ preset: unknown }), /^TypeError: proxy\.preset is "constructor"; there are oauth2-proxy/);
  const nameless: ProxyHeaders = JSON.parse('{"email":"x-email"}');
  assert.throws(make({ headers: nameless }), /proxy\.headers\.user is missing/);
  assert.throws(make({ issuer: "" }), /proxy\.issuer/);
  assert.throws(make({ issuer: "a b" }), /proxy\.issuer/);
  assert.throws(make({ secret: { header: "x-secret", value: "hunter2" } }), { code: "ERR_SECRET" });
  assert.throws(make({ secret: { header: "x-secret", value: [] } }), TypeError);
  assert.throws(make({ secret: { header: "x_secret", value: SECRETS[0] } }), TypeError);
});
