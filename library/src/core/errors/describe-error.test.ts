import assert from "node:assert/strict";
import { test } from "node:test";
import { CoatcheckError } from "../errors.ts";
import { describeError } from "./describe-error.ts";

const coded = (message: string, code: string, cause?: unknown): Error =>
  Object.assign(new Error(message, cause === undefined ? {} : { cause }), { code });

test("F-46 an error is told with its causes, as deep as four", () => {
  assert.equal(describeError(new Error("a secret")), "Error");
  assert.equal(describeError("a secret"), "string");
  assert.equal(describeError(coded("connect refused", "ECONNREFUSED")), "Error ECONNREFUSED: connect refused");
  assert.equal(describeError(new Error("a secret", { cause: coded("reset", "ECONNRESET") })), "Error (Error ECONNRESET: reset)");
  const chain = [1, 2, 3, 4, 5].reduce<Error | undefined>((cause, at) => coded(String(at), "EIO", cause), undefined);
  assert.equal(describeError(chain), "Error EIO: 5 (Error EIO: 4 (Error EIO: 3 (Error EIO: 2)))");
});

test("F-46 messages are taken from the system's errors and from ours, never from others", () => {
  assert.match(describeError(new CoatcheckError("ERR_INTERNAL")), /^CoatcheckError ERR_INTERNAL: ./);
  assert.equal(describeError(coded("a secret", "UND_ERR_SOCKET")), "Error UND_ERR_SOCKET");
  assert.equal(describeError(coded("a secret", "not-a-code")), "Error not-a-code");
  const problem = Object.assign(new Error("it said so"), { name: "ProviderProblem", check: "issuer", code: "issuer" });
  assert.equal(describeError(problem), "ProviderProblem issuer: it said so");
});
