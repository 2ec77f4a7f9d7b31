import assert from "node:assert/strict";
import { test } from "node:test";
import { authWith } from "../../../test-support/auth.ts";
import { optionsOf } from "../../../test-support/engine/inside.ts";
import { LOOPBACK } from "../../../test-support/origin.ts";
import { NAVIGATION, requestWith } from "../../../test-support/requests.ts";
import type { ErrorCode, RequestView, RouteResponse } from "../../contracts.ts";
import { ERRORS } from "../../core/errors.ts";
import { type Answering, answerDecision, answerFailure, answerProblem, answerThrown, withCookies } from "./responses.ts";

const { auth } = authWith({ publicUrl: LOOPBACK });

const login = (method: string, headers: Readonly<Record<string, string>> = {}): RouteResponse => {
  const request = requestWith(headers, { method, target: "/orders?page=2" });
  return auth.engine.answer({ kind: "login" }, request);
};
const location = ({ headers }: RouteResponse): string | undefined => headers.find(([name]) => name === "location")?.[1];

test("F-46 a login leads back to what was asked for if that can be repeated, else to the page before", () => {
  for (const method of ["GET", "HEAD"]) {
    const answer = login(method);
    assert.deepEqual([answer.status, location(answer)], [302, "/auth/login?return_to=%2Forders%3Fpage%3D2"], method);
  }
  for (const method of ["POST", "PUT", "DELETE"]) {
    const answer = login(method, { referer: `${LOOPBACK}/form` });
    assert.deepEqual([answer.status, location(answer)], [303, "/auth/login?return_to=%2Fform"], method);
  }
});

test("F-46 a page before that is none of ours, or no page, is the first one", () => {
  for (const referer of ["https://elsewhere.example/form", "nonsense", ""])
    assert.equal(location(login("POST", { referer })), "/auth/login?return_to=%2F", referer);
});

test("F-46 a pause is told in whole seconds, rounded up, and only if coming again helps", () => {
  const request: RequestView = { method: "GET", target: "/", header: () => undefined };
  const told = (decision: Parameters<typeof auth.engine.answer>[0]): readonly unknown[] => {
    const { status, headers } = auth.engine.answer(decision, request);
    return [status, headers.find(([name]) => name === "retry-after")?.[1] ?? null];
  };
  const unavailable = (retryAfter?: number) =>
    told({ kind: "unavailable", code: "ERR_STORE_UNAVAILABLE", ...(retryAfter === undefined ? {} : { retryAfter }) });
  assert.deepEqual([unavailable(), unavailable(1_000), unavailable(1_001), unavailable(30_000)].flat(), [
    503,
    "5",
    503,
    "1",
    503,
    "2",
    503,
    "30",
  ]);
  assert.deepEqual(told({ kind: "refuse", status: 403, code: "ERR_FORBIDDEN" }), [403, null]);
});

test("F-46 the way to the login says why where a session is over, has no body, and is for no cache", () => {
  const request: RequestView = { method: "GET", target: "/", header: () => undefined };
  const { body, headers } = auth.engine.answer({ kind: "login", ended: "idle" }, request);
  assert.equal(body, "");
  assert.deepEqual(headers, [
    ["location", "/auth/login?return_to=%2F&ended=idle"],
    ["cache-control", "no-store"],
    ["vary", "Sec-Fetch-Mode, Sec-Fetch-Dest, Accept"],
  ]);
});

test("F-46 a refusal of another site's request says what it depends on, and a challenge goes along", () => {
  const request: RequestView = { method: "POST", target: "/", header: () => undefined };
  const told = (decision: Parameters<typeof auth.engine.answer>[0]) => {
    const { status, headers } = auth.engine.answer(decision, request);
    return { status, headers: Object.fromEntries(headers) };
  };
  const base = {
    "content-type": "application/problem+json",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  };
  assert.deepEqual(told({ kind: "refuse", status: 403, code: "ERR_CROSS_SITE" }), {
    status: 403,
    headers: { ...base, vary: "Sec-Fetch-Site, Origin" },
  });
  assert.deepEqual(told({ kind: "refuse", status: 401, code: "ERR_INVALID_CREDENTIAL", challenge: "Bearer" }), {
    status: 401,
    headers: { ...base, "www-authenticate": "Bearer" },
  });
});

test("F-46 cookies join an answer, which is then for no cache; without any it stays as it is", () => {
  const answer: RouteResponse = {
    status: 200,
    headers: [
      ["cache-control", "max-age=60"],
      ["x-own", "1"],
    ],
    body: "b",
  };
  assert.equal(withCookies(answer, []), answer);
  assert.deepEqual(withCookies(answer, ["a=1", "b=2"]), {
    status: 200,
    headers: [
      ["x-own", "1"],
      ["cache-control", "no-store"],
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
    ],
    body: "b",
  });
});

const isCode = (name: string): name is ErrorCode => Object.hasOwn(ERRORS, name);

test("F-46 of all codes those that coming again may help say when, and no others", () => {
  for (const [code, { status }] of Object.entries(ERRORS)) {
    assert.ok(isCode(code));
    const answer = answerProblem(code);
    assert.equal(answer.status, status, code);
    const waits = answer.headers.filter(([name]) => name === "retry-after");
    assert.deepEqual(waits, status === 503 || status === 429 ? [["retry-after", "5"]] : [], code);
    assert.equal(JSON.parse(answer.body).code, code);
  }
});

/** Pages that say what they were told. */
const answering: Answering = {
  ...optionsOf(auth),
  outagePage: (told) => ({ status: 503, headers: [], body: JSON.stringify(told) }),
  forbiddenPage: (logout) => ({ status: 403, headers: [], body: logout }),
};
const asked = (method = "GET", headers: Readonly<Record<string, string>> = {}): RequestView =>
  requestWith(headers, { method, target: "/orders?page=2" });

test("F-46 an outage is a page for a navigation alone, and tells when and where to come, and the login", () => {
  const code = "ERR_STORE_UNAVAILABLE";
  const page = (method: string, retryAfter: number | null, more: Readonly<Record<string, string>> = {}): unknown =>
    JSON.parse(answerFailure({ code, retryAfter }, asked(method, { ...NAVIGATION, ...more }), answering).body);
  const orders = { code, target: "/orders?page=2", login: "/auth/login?return_to=%2Forders%3Fpage%3D2" };
  assert.deepEqual(page("GET", 1.2), { ...orders, retryAfter: 2 });
  assert.deepEqual(page("GET", null), { ...orders, retryAfter: 5 });
  const form = { code, target: "/form", login: "/auth/login?return_to=%2Fform" };
  assert.deepEqual(page("POST", 30, { referer: `${LOOPBACK}/form` }), { ...form, retryAfter: 30 });
  assert.deepEqual(answerFailure({ code, retryAfter: 30 }, asked(), answering), answerProblem(code, [], 30));
});

test("F-46 what is no outage is a problem document, for a navigation too", () => {
  for (const code of ["ERR_TOO_MANY_REQUESTS", "ERR_INTERNAL", "ERR_LOGIN_EXPIRED"] as const)
    assert.deepEqual(answerFailure({ code, retryAfter: 7 }, asked("GET", NAVIGATION), answering), answerProblem(code, [], 7));
});

test("F-31 F-46 of what a handler throws only an ended session leads to the login, and only a navigation", () => {
  const ended = { code: "ERR_SESSION_ENDED", retryAfter: null } as const;
  const other = { code: "ERR_FORBIDDEN", retryAfter: null } as const;
  const led = answerThrown(ended, asked("GET", NAVIGATION), answering);
  assert.deepEqual([led.status, location(led)], [302, "/auth/login?return_to=%2Forders%3Fpage%3D2"]);
  assert.deepEqual(answerThrown(ended, asked(), answering), answerProblem("ERR_SESSION_ENDED"));
  assert.deepEqual(answerThrown(other, asked("GET", NAVIGATION), answering), answerProblem("ERR_FORBIDDEN"));
});

test("F-46 a forbidden page shows the way out; no navigation, or a challenge, gets the problem", () => {
  const refused = (code: ErrorCode, headers: Readonly<Record<string, string>>, challenge?: string): string =>
    answerDecision(
      { kind: "refuse", status: 403, code, ...(challenge === undefined ? {} : { challenge }) },
      asked("GET", headers),
      answering,
    ).body;
  assert.equal(refused("ERR_FORBIDDEN", NAVIGATION), "/auth/logout");
  const problem = answerProblem("ERR_FORBIDDEN").body;
  assert.deepEqual([refused("ERR_FORBIDDEN", {}), refused("ERR_FORBIDDEN", NAVIGATION, "Bearer")], [problem, problem]);
  assert.equal(refused("ERR_CROSS_SITE", NAVIGATION), answerProblem("ERR_CROSS_SITE").body);
});
