import assert from "node:assert/strict";
import { test } from "node:test";
import { turns } from "../../test-support/event-loop.ts";
import { requestWith } from "../../test-support/requests.ts";
import type { AuditEvent, RequestView, Verdict } from "../contracts.ts";
import { CoatcheckError, ERRORS, unavailable } from "../core/errors.ts";
import { manualClock } from "../testing/manual-clock.ts";
import type { CustomIdentity, CustomOptions } from "./custom.ts";
import { custom } from "./custom.ts";

const clock = manualClock(1_800_000_000_000);
const events: AuditEvent[] = [];
const robot: CustomIdentity = { issuer: "robots", subject: "r2", claims: { arms: 2 } };
const options: CustomOptions = {
  name: "api-key",
  presented: (request) => request.header("x-api-key") !== undefined,
  authenticate: (request) => (request.header("x-api-key") === "good" ? robot : null),
};

function request(key: string | undefined): RequestView {
  return requestWith({ "x-api-key": key });
}

function examine(change: Partial<CustomOptions>, key: string | null = "good"): Verdict | Promise<Verdict> {
  events.length = 0;
  const store = { get: () => assert.fail("a cookie was looked up"), marked: () => assert.fail("a mark was looked up") };
  const report = (event: AuditEvent) => void events.push(event);
  return custom({ ...options, ...change }).examine({
    request: request(key ?? undefined),
    store,
    now: clock.now(),
    clock,
    report,
  });
}

const ACCEPTED: Verdict = {
  kind: "principal",
  principal: {
    identity: { issuer: "robots", subject: "r2", claims: { arms: 2 }, authenticatedAt: clock.now(), method: "app" },
    owner: "robots r2",
    ambient: false,
  },
};

test("TP-05 a good credential is a caller, a bad one is 401 with a challenge, none is an abstention", async () => {
  assert.deepEqual(examine({}), ACCEPTED, "synchronous where the function is");
  assert.deepEqual(await examine({ authenticate: async () => robot }), ACCEPTED);
  assert.deepEqual(examine({}, "bad"), {
    kind: "refuse",
    status: 401,
    code: "ERR_INVALID_CREDENTIAL",
    challenge: "api-key",
  });
  assert.deepEqual(events, [{ name: "credential.refused", level: "info", reason: "api-key", code: "ERR_INVALID_CREDENTIAL" }]);
  assert.deepEqual(await examine({ authenticate: async () => null, challenge: 'Key realm="x"' }), {
    kind: "refuse",
    status: 401,
    code: "ERR_INVALID_CREDENTIAL",
    challenge: 'Key realm="x"',
  });
  assert.deepEqual(examine({}, null), { kind: "abstain" });
  assert.deepEqual(events, []);
  const strategy = custom(options);
  assert.deepEqual([strategy.presented(request("")), strategy.presented(request(undefined))], [true, false]);
});

test("S-04 owner and ambient are as given", () => {
  const verdict = examine({ ambient: true, authenticate: () => ({ ...robot, owner: "u7", method: "key", authenticatedAt: 5 }) });
  assert.deepEqual(verdict, {
    kind: "principal",
    principal: {
      identity: { issuer: "robots", subject: "r2", claims: { arms: 2 }, authenticatedAt: 5, method: "key" },
      owner: "u7",
      ambient: true,
    },
  });
  assert.equal(custom({ ...options, ambient: true }).ambient, true);
  assert.equal(custom(options).ambient, false);
});

test("F-69 S-56 TP-07 what throws, rejects or answers wrongly lets no caller in, and is the app's: 500", async () => {
  const answering = (value: unknown): Partial<CustomOptions> => ({ authenticate: () => JSON.parse(JSON.stringify(value)) });
  const failures: readonly (readonly [name: string, change: Partial<CustomOptions>])[] = [
    ["throws", { authenticate: () => assert.fail("thrown") }],
    ["rejects", { authenticate: () => Promise.reject(new Error("down")) }],
    ["rejects with nothing", { authenticate: () => Promise.reject() }],
    ["a thenable that throws", { authenticate: () => thenable(() => assert.fail("then")) }],
    ["nothing", { authenticate: () => Reflect.get({}, "nothing") }],
    ["true", answering(true)],
    ["a text", answering("alice")],
    ["a list", answering([])],
    ["an empty object", answering({})],
    ["no issuer", answering({ subject: "alice" })],
    ["an empty subject", answering({ issuer: "robots", subject: "" })],
    ["a subject that is no text", answering({ issuer: "robots", subject: 7 })],
    ["an issuer with a space", answering({ issuer: "ro bots", subject: "r2" })],
    ["claims that are a list", answering({ ...robot, claims: [] })],
    ["claims that JSON cannot say", { authenticate: () => ({ ...robot, claims: { n: JSON.parse("1"), self: cyclic() } }) }],
    ["a time that is none", answering({ ...robot, authenticatedAt: "yesterday" })],
    ["a method that is no text", answering({ ...robot, method: 1 })],
    ["an empty owner", answering({ ...robot, owner: "" })],
    ["an owner that is no text", answering({ ...robot, owner: { id: 1 } })],
    ["presented throws", { presented: () => assert.fail("presented") }],
    ["presented answers with a text", { presented: () => JSON.parse('"yes"') }],
    ["presented answers with a promise", { presented: () => Object(Promise.resolve(false)) }],
  ];
  for (const [name, change] of failures) {
    const verdict = await examine(change);
    assert.equal(verdict.kind, "unavailable", name);
    assert.equal(verdict.kind === "unavailable" && verdict.code, "ERR_APP_HOOK", name);
    assert.deepEqual(
      events.map((event) => [event.name, event.level, event.reason]),
      [["credential.failed", "error", "api-key"]],
      name,
    );
    assert.equal(custom({ ...options, ...change }).presented(request("good")), true, name);
  }
});

test("F-69 S-56 an outage is one if authenticate declares it: 503", async () => {
  const declared: readonly Partial<CustomOptions>[] = [
    { authenticate: () => unavailable(new Error("down")) },
    { authenticate: () => Promise.reject(new Error("down")).catch(unavailable) },
    { authenticate: () => Promise.reject(new CoatcheckError("ERR_PROVIDER_UNAVAILABLE", { retryAfter: 7 })) },
  ];
  for (const change of declared) {
    const verdict = await examine(change);
    assert.equal(verdict.kind === "unavailable" && ERRORS[verdict.code].status, 503);
  }
});

/** As query builders are: no promise, but to be waited for. */
function thenable(then: (resolve: (value: CustomIdentity) => void) => void): Promise<CustomIdentity> {
  const object = Object({});
  Reflect.set(object, "then", then);
  return object;
}

function cyclic(): never[] {
  const list: never[] = [];
  Reflect.set(list, 0, list);
  return list;
}

test("TP-07 what takes too long is an outage, is told so by the signal, and does not count later", async () => {
  const late = Promise.withResolvers<CustomIdentity>();
  const signals: AbortSignal[] = [];
  const verdict = examine({
    timeout: 2_000,
    authenticate: (_, { signal, now }) => {
      signals.push(signal);
      assert.equal(now, clock.now());
      return late.promise;
    },
  });
  clock.advance(1_999);
  assert.equal(signals[0]?.aborted, false);
  clock.advance(1);
  assert.equal((await verdict).kind, "unavailable");
  assert.equal(signals[0]?.aborted, true);
  late.reject(new Error("too late, and nobody's unhandled rejection"));
  await turns();
  assert.equal(events.length, 1);
  assert.equal(clock.sleeping, 0);
});

test("TP-07 the limit is five seconds by default, and none is left running after an answer", async () => {
  const verdict = examine({ authenticate: () => new Promise(() => undefined) });
  clock.advance(4_999);
  assert.equal(clock.sleeping, 1);
  clock.advance(1);
  assert.equal((await verdict).kind, "unavailable");
  await examine({ authenticate: async () => robot });
  assert.equal(clock.sleeping, 0);
});

test("TP-05 a thenable that is no promise counts as one", async () => {
  const verdict = await examine({ authenticate: () => thenable((resolve) => resolve(robot)) });
  assert.equal(verdict.kind, "principal");
});

test("TP-07 what cannot even be waited for leaves no unhandled rejection", async () => {
  const unhandled: unknown[] = [];
  const hear = (reason: unknown) => void unhandled.push(reason);
  process.on("unhandledRejection", hear);
  const odd = Promise.resolve(null);
  Reflect.set(odd, "then", () => assert.fail("then"));
  const verdict = await examine({ authenticate: () => odd });
  await new Promise((resolve) => setTimeout(resolve));
  process.off("unhandledRejection", hear);
  assert.equal(verdict.kind, "unavailable");
  assert.deepEqual(unhandled, []);
});

test("options that cannot work are refused", () => {
  for (const change of [
    { name: "" },
    { name: "session" },
    { name: "a b" },
    { timeout: 0 },
    { timeout: Number.NaN },
    { timeout: 600_001 },
    { challenge: "a\r\nb" },
  ])
    assert.throws(() => custom({ ...options, ...change }), TypeError, JSON.stringify(change));
});
