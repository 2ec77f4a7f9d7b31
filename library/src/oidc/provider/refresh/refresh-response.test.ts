/** F-71: the answer to a refresh is read by us alone, and comes to what it came to with openid-client. */
import { deepEqual } from "node:assert/strict";
import { mock, test } from "node:test";
import fc from "fast-check";
import type { Bytes } from "../../../../test-support/refresh/refresh-comparison.ts";
import { idTokenOf, json, TOKENS, told, withTokens } from "../../../../test-support/refresh/refresh-comparison.ts";

mock.timers.enable({ apis: ["Date"], now: Date.now() });

async function all(table: readonly (readonly [Bytes, string])[]): Promise<void> {
  const words: string[] = [];
  for (const [bytes] of table) words.push((await told(bytes)).word);
  deepEqual(
    words,
    table.map(([, word]) => word),
  );
}

test("F-71 tokens are read as openid-client reads them", async () => {
  const id_token = idTokenOf();
  await all([
    [withTokens({}), "refreshed"],
    [withTokens({ id_token }), "refreshed"],
    [withTokens({ access_token: undefined }), "unknown invalid_response"],
    [withTokens({ access_token: undefined, id_token }), "unknown invalid_response"],
    [withTokens({ access_token: "" }), "unknown token"],
    [withTokens({ access_token: 5 }), "unknown invalid_response"],
    [withTokens({ access_token: null }), "unknown invalid_response"],
    [withTokens({ access_token: "a b" }), "unknown token"],
    [withTokens({ access_token: "é", id_token }), "unknown token"],
    [withTokens({ token_type: undefined }), "unknown invalid_response"],
    [withTokens({ token_type: "" }), "unknown invalid_response"],
    [withTokens({ token_type: 1 }), "unknown invalid_response"],
    [withTokens({ token_type: "bEARER" }), "refreshed"],
    [withTokens({ token_type: "DPoP" }), "unknown token_type"],
    [withTokens({ token_type: "DPoP", id_token }), "unknown token_type"],
    [withTokens({ token_type: "N_A" }), "unknown unsupported_operation"],
    [withTokens({ token_type: " bearer" }), "unknown unsupported_operation"],
    [withTokens({ token_type: "mac", id_token: "bad" }), "unknown unsupported_operation"],
    [withTokens({ refresh_token: undefined }), "refreshed"],
    [withTokens({ refresh_token: "" }), "unknown token"],
    [withTokens({ refresh_token: 7 }), "unknown invalid_response"],
    [withTokens({ refresh_token: null }), "unknown invalid_response"],
    [withTokens({ refresh_token: "a\nb" }), "unknown token"],
    [withTokens({ scope: undefined }), "refreshed"],
    [withTokens({ scope: "" }), "refreshed"],
    [withTokens({ scope: null }), "unknown invalid_response"],
    [withTokens({ scope: ["openid"] }), "unknown invalid_response"],
    [withTokens({ error: "invalid_grant" }), "refreshed"],
    [json({ error: "invalid_grant" }), "unknown invalid_response"],
    [json({ error: "invalid_grant", id_token }), "unknown invalid_response"],
    [json('{"__proto__":{"access_token":"a","token_type":"bearer"}}'), "unknown invalid_response"],
    [json('{"access_token":"a","access_token":"b","token_type":"bearer"}'), "refreshed"],
  ]);
});

test("F-71 lifetimes of every kind are taken, or left out, as before", async () => {
  const lifetimes = [
    0,
    -1,
    0.5,
    3_600,
    366 * 86_400,
    366 * 86_400 + 1,
    1e308,
    "3600",
    "0",
    "007",
    "3600s",
    " 1",
    "",
    "-5",
    "1e3",
  ];
  for (const expires_in of [...lifetimes, "NaN", null, true, [], [5], {}]) await told(withTokens({ expires_in }));
  await told(json('{"access_token":"a","token_type":"bearer","expires_in":1e999}'));
});

test("F-71 what is no object of JSON, or not JSON by its type, gives no tokens", async () => {
  const body = JSON.stringify(TOKENS);
  const typed = (type: string): Bytes => ({ headers: { "content-type": type }, body });
  await all([
    ...["", "null", "5", '"x"', "[]", "{", `${body}x`].map((text) => [json(text), "unknown token"] as const),
    [json(`\ufeff${body}`), "refreshed"],
    [{ ...json(""), body: new Uint8Array([0x7b, 0xff, 0x7d]) }, "unknown token"],
    [json(`{"a":${"[".repeat(99)}${"]".repeat(99)}}`), "unknown depth"],
    [typed("application/json;charset=utf-8"), "refreshed"],
    [typed("Application/JSON"), "refreshed"],
    [typed("application/vnd.op+json"), "refreshed"],
    [typed("text/html"), "unknown content-type"],
    [{ headers: {}, body: new TextEncoder().encode(body) }, "unknown content-type"],
  ]);
});

test("F-71 an answer with another status is understood as before, by its challenge and by its body", async () => {
  const no = { error: "invalid_grant" };
  const challenged = (value: string): Bytes => json(no, 401, { "www-authenticate": value });
  await all([
    [json(no, 400), "refused invalid_grant"],
    [json(no, 401), "refused invalid_grant"],
    [challenged('Basic realm="op"'), "refused invalid_grant"],
    [challenged("nonsense=="), "refused invalid_grant"],
    [json({ error: "invalid_client" }, 401), "unavailable invalid_client"],
    [json({ error: "invalid_client" }, 401, { "www-authenticate": "Basic" }), "unavailable client"],
    [json({ error: "invalid_client" }, 401, { "www-authenticate": "Basic =" }), "unavailable invalid_client"],
    [json({ error: "invalid_scope" }, 400), "doubtful invalid_scope"],
    [json({ error: "a:b" }, 400), "doubtful a:b"],
    [json({ error: "a:b" }, 401), "unavailable unreadable"],
    [json({ error: "temporarily_unavailable" }, 400, { "retry-after": "7" }), "unavailable temporarily_unavailable"],
    [json({ error: "" }, 400), "unavailable response_is_not_conform"],
    [json({ error: 5 }, 400), "unavailable response_is_not_conform"],
    [json({}, 404), "unavailable response_is_not_conform"],
    [json("[]", 400), "unavailable response_is_not_conform"],
    [json("{", 408), "unavailable response_is_not_conform"],
    [json(no, 400, { "content-type": "text/html" }), "unavailable response_is_not_json"],
    [json(no, 400, { "content-type": "application/problem+json" }), "refused invalid_grant"],
    [json({ error: "x" }, 403, { "content-type": "Application/json" }), "unavailable response_is_not_json"],
    [json({ error: "x" }, 403, { "content-type": "application/json ; a=b" }), "unavailable response_is_not_json"],
    [json(no, 429, { "retry-after": "3" }), "unavailable status"],
    [json({ error: "access_denied" }, 500), "unavailable response_is_not_conform"],
    [json({ error: "x" }, 500, { "www-authenticate": "Basic" }), "unavailable client"],
    [json("sorry", 500), "unavailable status"],
    [json(no, 503), "unavailable status"],
    [json(TOKENS, 201), "unknown response_is_not_conform"],
    [json(TOKENS, 206, { "www-authenticate": "Bearer" }), "unknown client"],
    [json({}, 302, { location: "/" }), "unknown redirect"],
  ]);
});

test("F-71 a challenge is one if it can be read to its end, as openid-client reads it", async () => {
  const said = (value: string): Bytes => json({ error: "invalid_client" }, 401, { "www-authenticate": value });
  const [is, isNone] = ["unavailable client", "unavailable invalid_client"];
  await all([
    ...["Basic", "Basic,", "basic abc==", "basic abc==, Bearer", 'A b="c\\"d", E', "A b = c", ",, A", "A,B"].map(
      (value) => [said(value), value === "Basic," ? isNone : is] as const,
    ),
    ...["", ",", '"x"', "Basic/x", "Basic abc===", 'A b="c', "A b=c, abc= ,x", "A b=c d=", "A =b"].map(
      (value) => [said(value), isNone] as const,
    ),
    [said("A b=c, Bearer"), is],
  ]);
});

test("F-71 a refresh token that is none is not sent, as before", async () => {
  deepEqual((await told(withTokens({}), null, "")).word, "unavailable unexpected");
});

const value = fc.oneof(
  fc.constantFrom("access", "Bearer", "bearer", "dpop", "", null, 0, -1, 3_600, "3600", true),
  fc.jsonValue({ maxDepth: 2 }),
);

test("F-71 whatever members an answer has, both read the same", async () => {
  const members = fc.record(
    { access_token: value, token_type: value, expires_in: value, refresh_token: value, scope: value, error: value },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(members, fc.boolean(), async (some, honest) => {
      await told(json(honest ? { ...TOKENS, ...some } : some));
    }),
    { numRuns: 300 },
  );
});

test("F-71 whatever an answer without tokens says, both understand the same", async () => {
  const piece = fc.constantFrom(
    "Basic",
    "Bearer",
    " ",
    ", ",
    ",",
    "=",
    'realm="a b"',
    'x="\\""',
    "a=b",
    "abc==",
    '"',
    "\\",
    "\t",
    "é",
    "x",
  );
  const challenge = fc.array(piece, { maxLength: 9 }).map((pieces) => pieces.join(""));
  const error = fc.constantFrom("invalid_grant", "invalid_client", "server_error", "access_denied", "a b", "", 5, undefined);
  const status = fc.constantFrom(201, 203, 400, 401, 403, 404, 408, 418, 500);
  const type = fc.constantFrom(
    "application/json",
    "application/json; charset=utf-8",
    "application/json ",
    "text/html",
    "application/a+json",
  );
  await fc.assert(
    fc.asyncProperty(fc.option(challenge), error, status, type, async (said, code, answered, content) => {
      const header = said === null ? {} : { "www-authenticate": said };
      await told(json({ error: code }, answered, { ...header, "content-type": content }));
    }),
    { numRuns: 1_000 },
  );
});
