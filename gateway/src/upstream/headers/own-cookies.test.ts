import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { setsOwnCookie, withoutOwnCookies } from "./own-cookies.ts";

const NAME = "__Host-Http-coatcheck";
const isOwn = (name: string): boolean => name === NAME || name.startsWith(`${NAME}.`);

/** Names and values as any server reads them, the slow and plain way. */
function pairsIn(line: string): readonly string[] {
  const trim = (text: string): string => text.replace(/^[ \t]+|[ \t]+$/g, "");
  return line.split(";").flatMap((pair) => {
    const equals = pair.indexOf("=");
    return equals < 0 ? [] : [`${trim(pair.slice(0, equals))}=${trim(pair.slice(equals + 1))}`];
  });
}

/** Lines that look like cookies, and such that were made to confuse. */
const line = fc.oneof(
  fc.string({ unit: "binary", maxLength: 200 }),
  fc
    .array(
      fc.constantFrom("n", "nn", "n.1", "N", "m", "=", "==", ";", "; ", " ", "\t", '"', "v", "w", ",", "\u0000", "é", "n=v"),
      { maxLength: 30 },
    )
    .map((parts) => parts.join("")),
);

test("CK-13 an upstream is sent every cookie but ours, with its value as it came", () => {
  for (const [sent, passed] of [
    ["a=b; c=d", "a=b; c=d"],
    ["a=b;c=d", "a=b;c=d"],
    [`${NAME}=t`, ""],
    [`a=b; ${NAME}=t; c="d;e"`, 'a=b; c="d; e"'],
    [`${NAME}=t; a=b`, "a=b"],
    [`a=b;${NAME}=t`, "a=b"],
    [`a=b; ${NAME} =t;\t${NAME}.login.x=y; ${NAME}`, "a=b"],
    [`a="x; ${NAME}=t"`, 'a="x'],
    ["", ""],
  ] as const) {
    assert.equal(withoutOwnCookies(sent, isOwn), passed, sent);
  }
});

test("CK-13 whatever is sent, no name of ours is left for an upstream, and every other cookie is", () => {
  fc.assert(
    fc.property(line, (sent) => {
      const isN = (name: string): boolean => name === "n";
      const others = (text: string): readonly string[] =>
        pairsIn(text).filter((pair) => !pair.startsWith("n=") && !pair.startsWith("="));
      const passed = withoutOwnCookies(sent, isN);
      assert.deepEqual(
        pairsIn(passed).filter((pair) => pair.startsWith("n=")),
        [],
      );
      assert.deepEqual(others(passed), others(sent));
    }),
  );
});

test("CK-13 a Set-Cookie line is ours by its name, with or without space, and by its value if it has none", () => {
  for (const own of [
    `${NAME}=x`,
    ` ${NAME} = x; Path=/`,
    `${NAME}`,
    `${NAME};`,
    `=${NAME}=x`,
    ` = ${NAME}=x`,
    `==${NAME}=x; Secure`,
    `${NAME}.login.x=`,
  ]) {
    assert.equal(setsOwnCookie(own, isOwn), true, own);
  }
  for (const other of ["a=b", `a=${NAME}=x`, `a=b; ${NAME}=x`, `x${NAME}=a`, "", ";", "="])
    assert.equal(setsOwnCookie(other, isOwn), false, other);
});

test("A-42 a Cookie line made to be slow is read in time linear to its length", () => {
  const started = process.cpuUsage();
  for (const text of ["n;", "n ;", ";n", "n\t", ";", "=", " ", "n=;", 'n="', "nn;"]) {
    for (const end of ["", "=", ";="]) withoutOwnCookies(text.repeat(16_384) + end, (name) => name === "n");
  }
  const spent = process.cpuUsage(started);
  assert.ok(spent.user + spent.system < 2_000_000, `${spent.user} µs for 30 lines of 32 KiB`);
});
