import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { requestWith } from "../../test-support/requests.ts";
import type { AuditEvent, RequestView, Strategy, TokenVerdict, TokenVerifier, Verdict } from "../contracts.ts";
import { manualClock } from "../testing/manual-clock.ts";
import { bearer } from "./bearer.ts";

const clock = manualClock(1_800_000_000_000);
const identity = {
  issuer: "https://id.example.com",
  subject: "alice",
  claims: { role: "x" },
  authenticatedAt: 1,
  method: "bearer",
};
const VALID: TokenVerdict = { kind: "valid", identity, expires: clock.now() + 1_000 };

function verifier(verdict: (token: string) => ReturnType<TokenVerifier["verify"]>, reads = (_: string) => true): TokenVerifier {
  return { name: "v", reads, verify: verdict };
}
const honest = bearer({ verifiers: [verifier((token) => (token === "good" ? VALID : { kind: "invalid", reason: "unknown" }))] });

/** A request as an adapter shows it: several lines of a header are joined. */
function request(authorization: string | readonly string[] | undefined, target = "/"): RequestView {
  const value = typeof authorization === "object" ? authorization.join(", ") : authorization;
  return requestWith({ authorization: value }, { target });
}

const events: AuditEvent[] = [];
/** What the strategy makes of it; the store is not asked. */
async function examine(strategy: Strategy, view: RequestView): Promise<Verdict> {
  const store = { get: () => assert.fail("a cookie was looked up"), marked: () => assert.fail("a mark was looked up") };
  events.length = 0;
  return strategy.examine({ request: view, store, now: clock.now(), clock, report: (event) => void events.push(event) });
}

const kindOf = (verdict: Verdict) => (verdict.kind === "refuse" ? verdict.status : verdict.kind);

test("TP-06 TP-05 the syntax of Authorization: what is read, what is left to others, what is malformed", async () => {
  const table: readonly (readonly [value: string | readonly string[] | undefined, expected: string | number])[] = [
    [undefined, "absent"],
    ["", "absent"],
    ["Basic YTpi", "absent"],
    ["DPoP good", "absent"],
    ["Bearerish good", "absent"],
    ["Bearer-x good", "absent"],
    ["good", "absent"],
    ["Basic bearer", "absent"],
    ["Bearer good", "principal"],
    ["bearer good", "principal"],
    ["BEARER good", "principal"],
    ["Bearer   good", "principal"],
    ["Bearer good ", "principal"],
    ["Bearer other", 401],
    ["Bearer a-._~+/9==", 401],
    ["Bearer", 400],
    ["Bearer ", 400],
    ["Bearer =", 400],
    ["Bearer good good", 400],
    ["Bearer good,", 400],
    ["Bearer good, Bearer good", 400],
    ["Bearer,Bearer good", 400],
    [["Bearer good", "Bearer other"], 400],
    [["Basic YTpi", "Bearer good"], 400],
    [["Bearer good", "Basic YTpi"], 400],
    ["Basic YTpi,bearer good", 400],
    ["Bearer\tgood", 400],
    ["Bearer go\tod", 400],
    ['Bearer "good"', 400],
    ["Bearer token=good", 400],
    ["Bearer g=ood", 400],
    ["Bearer göod", 400],
    ["Bearer good\u0000", 400],
    ["Bearer {}", 400],
    [`Bearer ${"a".repeat(16_384)}`, 401],
    [`Bearer ${"a".repeat(16_385)}`, 401],
    [`Bearer ${"a".repeat(1_048_576)}`, 401],
  ];
  for (const [value, expected] of table) {
    const view = request(value);
    const name = JSON.stringify(value)?.slice(0, 60);
    assert.equal(honest.presented(view), expected !== "absent", name);
    assert.equal(kindOf(await examine(honest, view)), expected === "absent" ? "abstain" : expected, name);
  }
});

test("ID-16 a token past 16 KiB is shown to no verifier", async () => {
  const accepting = bearer({ verifiers: [verifier(() => VALID)] });
  assert.equal(kindOf(await examine(accepting, request(`Bearer ${"a".repeat(16_384)}`))), "principal");
  assert.equal(kindOf(await examine(accepting, request(`Bearer ${"a".repeat(16_385)}`))), 401);
});

test("TP-06 a second token in the query is 400; one in the query alone is never read", async () => {
  for (const target of ["/?access_token=good", "/a?b=c&access_token=x", "/?access_token="])
    assert.equal(kindOf(await examine(honest, request("Bearer good", target))), 400, target);
  for (const target of ["/?access_token=good", "/#access_token=good", "/access_token=good"])
    assert.equal(honest.presented(request(undefined, target)), false, target);
  for (const target of ["/?my_access_token=x", "/?access_tokens=x", "/access_token=x"])
    assert.equal(kindOf(await examine(honest, request("Bearer good", target))), "principal", target);
});

test("TP-05 refusals carry the challenge of RFC 6750 and no reason; the reason is in the event", async () => {
  const strategy = bearer({ realm: "api", verifiers: [verifier(() => ({ kind: "invalid", reason: "exp" }))] });
  assert.deepEqual(await examine(strategy, request("Bearer x")), {
    kind: "refuse",
    status: 401,
    code: "ERR_INVALID_CREDENTIAL",
    challenge: 'Bearer realm="api", error="invalid_token"',
  });
  assert.deepEqual(events, [
    { name: "credential.refused", level: "info", reason: "exp", code: "ERR_INVALID_CREDENTIAL", provider: "v" },
  ]);
  const malformed = await examine(strategy, request("Bearer x y"));
  assert.equal(malformed.kind === "refuse" && malformed.challenge, 'Bearer realm="api", error="invalid_request"');
  assert.equal(malformed.kind === "refuse" && malformed.code, "ERR_BAD_REQUEST");
  const plain = await examine(honest, request("Bearer x"));
  assert.equal(plain.kind === "refuse" && plain.challenge, 'Bearer error="invalid_token"');
});

test("TP-05 a token that lacks scope is 403 insufficient_scope", async () => {
  const lacking = (scope: string) => bearer({ verifiers: [verifier(() => ({ kind: "insufficient", scope }))] });
  assert.deepEqual(await examine(lacking("read admin"), request("Bearer x")), {
    kind: "refuse",
    status: 403,
    code: "ERR_FORBIDDEN",
    challenge: 'Bearer error="insufficient_scope", scope="read admin"',
  });
  const odd = await examine(lacking('a", x="\r\nSet-Cookie: y'), request("Bearer x"));
  assert.equal(odd.kind === "refuse" && odd.challenge, 'Bearer error="insufficient_scope"');
});

test("OP-01 no event holds the token, even if a verifier puts it into its reason", async () => {
  const strategy = bearer({ verifiers: [verifier((token) => ({ kind: "invalid", reason: `not good: ${token}` }))] });
  await examine(strategy, request("Bearer s3cret-token"));
  assert.equal(JSON.stringify(events).includes("s3cret"), false);
  assert.equal(events[0]?.reason, "invalid");
});

test("TP-05 the first verifier that reads a token judges it alone; a token that none reads is 401", async () => {
  const asked: string[] = [];
  const one = (name: string, prefix: string, verdict: TokenVerdict): TokenVerifier => ({
    name,
    reads: (token) => token.startsWith(prefix),
    verify: () => {
      asked.push(name);
      return verdict;
    },
  });
  const bad: TokenVerdict = { kind: "invalid", reason: "no" };
  const strategy = bearer({ verifiers: [one("a", "a", bad), one("ab", "ab", VALID), one("b", "b", VALID)] });
  assert.equal(kindOf(await examine(strategy, request("Bearer abc"))), 401);
  assert.equal(kindOf(await examine(strategy, request("Bearer bcd"))), "principal");
  assert.equal(kindOf(await examine(strategy, request("Bearer cde"))), 401);
  assert.equal(events[0]?.reason, "unknown");
  assert.deepEqual(asked, ["a", "b"]);
});

test("F-69 S-56 TP-07 a verifier that throws, rejects or answers wrongly admits no caller: 500, the app's", async () => {
  const strange = (json: string): TokenVerdict => JSON.parse(json);
  const failures: readonly TokenVerifier[] = [
    verifier(() => assert.fail("thrown")),
    verifier(() => Promise.reject(new Error("rejected"))),
    verifier(
      () => VALID,
      () => assert.fail("reads"),
    ),
    verifier(() => strange("null")),
    verifier(() => strange("true")),
    verifier(() => strange("{}")),
    verifier(() => strange('{"kind":"valid"}')),
    verifier(() => strange('{"kind":"VALID"}')),
    verifier(async () => strange('{"kind":"maybe"}')),
    verifier(() => ({ ...VALID, identity: { ...identity, subject: "" } })),
    verifier(() => strange('{"kind":"valid","identity":null,"expires":9e15}')),
    verifier(() => ({ ...VALID, owner: "" })),
    verifier(() => ({ ...VALID, expires: Number.NaN })),
  ];
  for (const [index, failing] of failures.entries()) {
    const verdict = await examine(bearer({ verifiers: [failing] }), request("Bearer x"));
    assert.equal(verdict.kind === "unavailable" && verdict.code, "ERR_APP_HOOK", `failure ${index}`);
    assert.deepEqual(
      events.map(({ name, level }) => [name, level]),
      [["credential.failed", "error"]],
      `failure ${index}`,
    );
  }
});

test("TP-07 a verifier that never answers is given up", async () => {
  const strategy = bearer({ verifiers: [verifier(() => new Promise(() => undefined))] });
  const verdict = examine(strategy, request("Bearer x"));
  clock.advance(30_000);
  assert.equal((await verdict).kind, "unavailable");
  assert.equal(clock.sleeping, 0);
});

test("TP-07 no limit is left running after an answer", async () => {
  const strategy = bearer({ verifiers: [verifier(async () => ({ ...VALID, expires: clock.now() + 1_000 }))] });
  assert.equal((await examine(strategy, request("Bearer x"))).kind, "principal");
  assert.equal(clock.sleeping, 0);
});

test("TP-05 unavailable carries how long to wait", async () => {
  const down: TokenVerdict = { kind: "unavailable", retryAfter: 7_000, cause: new Error("down") };
  const verdict = await examine(bearer({ verifiers: [verifier(() => down)] }), request("Bearer x"));
  assert.deepEqual(verdict, { kind: "unavailable", code: "ERR_PROVIDER_UNAVAILABLE", cause: down.cause, retryAfter: 7_000 });
});

test("JT-02 a verdict that has run out lets no caller in, whatever the verifier says", async () => {
  for (const expires of [clock.now(), clock.now() - 1, 0, Number.NEGATIVE_INFINITY])
    assert.equal(
      kindOf(await examine(bearer({ verifiers: [verifier(() => ({ ...VALID, expires }))] }), request("Bearer x"))),
      401,
    );
});

test("S-04 who is let in is named with owner, and as ambient only if a proxy adds the token", async () => {
  const valid = { ...VALID, expires: clock.now() + 1 } as const;
  const accepted = await examine(bearer({ verifiers: [verifier(() => valid)] }), request("Bearer x"));
  assert.deepEqual(accepted, {
    kind: "principal",
    principal: { identity, owner: "https://id.example.com alice", ambient: false },
  });
  const added = bearer({ ambient: true, verifiers: [verifier(() => ({ ...valid, owner: "u7" }))] });
  assert.equal(added.ambient, true);
  const verdict = await examine(added, request("Bearer x"));
  assert.deepEqual(verdict.kind === "principal" && [verdict.principal.owner, verdict.principal.ambient], ["u7", true]);
});

test("TP-06 whatever stands in the header, the strategy answers, and lets in nothing but the good token", async () => {
  const piece = fc.constantFrom("Bearer", "bearer", " ", ",", "good", "=", "\t", "Basic", "a", '"', ";");
  const property = fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
    const value = pieces.join("");
    const strategy = bearer({ verifiers: [verifier((token) => (token === "good" ? VALID : { kind: "invalid", reason: "x" }))] });
    const accepted = (await examine(strategy, request(value))).kind === "principal";
    assert.equal(accepted, /^bearer +good[ \t]*$/i.test(value) && VALID.kind === "valid" && VALID.expires > clock.now());
  });
  clock.setNow(1_800_000_000_000);
  await fc.assert(property);
});

test("a realm that would break the header is refused", () => {
  for (const realm of ['a"b', "a\\b", "a\nb", "", "ü"]) assert.throws(() => bearer({ verifiers: [], realm }), TypeError);
});
