/**
 * What is done in one place is done nowhere else: how a session's end is announced, how long something is waited for.
 * A second place is named here with its reason, or goes through the first.
 */

import type { Rule } from "../rule.ts";
import { main } from "../rule.ts";
import type { SourceFile, Violation } from "../sources/files.ts";
import { isTest, readFiles } from "../sources/files.ts";
import { oneLine } from "../sources/one-line.ts";
import { checkConditionalMembers } from "./conditional-members.ts";

/** Something that one module does for all others. */
export interface Task {
  /** The beginning of the message: "announces an ending". */
  readonly what: string;
  /** How it looks in code that is spelled as `sources/one-line` spells it. */
  readonly pattern: RegExp;
  /** The beginnings of the paths that are looked at. */
  readonly under: readonly string[];
  /** The module that does it, or `""` if none may; what else may is there with its reason. */
  readonly by: string;
  readonly also: { readonly [path: string]: string };
}

export const TASKS: readonly Task[] = [
  {
    what: "reports that a session ended",
    pattern: /"session\.ended"/,
    under: ["library/src/"],
    by: "library/src/engine/lifecycle/announce.ts",
    also: {
      "library/src/contracts/event-reasons.ts": "declares its reasons",
      "library/src/contracts/events.ts": "declares the name",
    },
  },
  {
    what: "ends sessions in the store",
    pattern: /\bstore\.end\b|\bend\b[^{}]*\} = [\w.#]*store\b/,
    under: ["library/src/"],
    by: "library/src/engine/lifecycle/end-sessions.ts",
    also: {
      "library/src/engine/bounded-store.ts": "is a store around a store",
      "library/src/core/rows/keep-rows.ts": "is a store around a store",
      "library/src/engine/request/commit.ts": "takes back a record whose secret was never told, so that nobody's session ends",
    },
  },
  {
    what: "writes a problem document or Retry-After",
    pattern: /"application\/problem\+json"|(?:[[{,]|\b(?:set|append|setHeader|appendHeader) \() "retry-after"/i,
    under: ["library/src/"],
    by: "library/src/core/errors/problem-answer.ts",
    also: {},
  },
  {
    what: "writes a problem document or Retry-After",
    pattern: /"application\/problem\+json"|(?:[[{,]|\b(?:set|append|setHeader|appendHeader) \() "retry-after"/i,
    under: ["gateway/src/"],
    by: "gateway/src/response/response.ts",
    also: {},
  },
  {
    what: "waits for the first of several promises",
    pattern: /\bPromise\.(?:race|any)\b/,
    under: ["library/src/"],
    by: "library/src/time/within.ts",
    also: {},
  },
  {
    what: "takes Promise by another name",
    pattern: /(?:[=(,?:[]|=>|\breturn) (?:globalThis\.)?Promise (?:[;,)}\]:]|$)/,
    under: ["library/src/", "gateway/src/"],
    by: "",
    also: {},
  },
  {
    what: "tells a promise from a value",
    pattern: /\binstanceof (?:globalThis\.)?Promise\b|"then" in\b|\btypeof [\w.#]+\.then\b|\bisPromise\b/,
    under: ["library/src/core/", "library/src/engine/", "library/src/oidc/", "library/src/strategies/", "library/src/endpoints/"],
    by: "library/src/core/maybe.ts",
    also: {
      "library/src/engine/bounded-store.ts": "stands before every read: a closure for each would cost what it saves",
      "library/src/engine/engine.ts": "handles what throws at once and what rejects alike",
      "library/src/engine/option-checks.ts": "refuses a schema that answers with a promise",
      "library/src/engine/request/authenticate/authenticate.ts": "catches what a strategy throws and what it rejects with",
      "library/src/engine/request/authenticate/resolver.ts": "gives a time limit to what is not there yet",
      "library/src/engine/request/touch.ts": "waits in the background for what is not there yet",
      "library/src/endpoints/store-kinship.ts": "waits in the background for what is not there yet",
      "library/src/oidc/provider/refresh/refresh.ts": "gives a time limit to what is not there yet",
      "library/src/oidc/provider/refresh/send-refresh.ts": "sends a request in the same turn if it is made at once",
      "library/src/strategies/bearer.ts": "gives a time limit to what is not there yet",
      "library/src/strategies/custom.ts": "an app's own strategy may answer with a promise that is not of this realm",
      "library/src/strategies/session.ts": "proves nearly every request: a closure for each would cost what it saves",
    },
  },
];

/** What may have members on a condition, with its reason. */
const CONDITIONAL: { readonly [path: string]: string } = {
  "library/src/engine/request/authenticate/authenticate.ts": "runs for every request of a proxy's user",
};

/** Every place that makes members on a condition, and every exception that is none any more. */
export function checkMembers(
  files: readonly SourceFile[],
  also: { readonly [path: string]: string } = CONDITIONAL,
): readonly Violation[] {
  const found = checkConditionalMembers(files);
  const gone = Object.keys(also)
    .filter((path) => !found.some((one) => one.path === path))
    .map((path) => ({ path, message: "is named in tools/design/check-one-place.ts as having members on a condition" }));
  return [...found.filter(({ path }) => !(path in also)), ...gone];
}

/** Every place that does what another module is there for, and every exception that is none any more. */
export function checkOnePlace(files: readonly SourceFile[], tasks: readonly Task[] = TASKS): readonly Violation[] {
  return tasks.flatMap(({ what, pattern, under, by, also }) => {
    const found = files
      .filter(({ path }) => under.some((folder) => path.startsWith(folder)))
      .flatMap(({ path, text }) => placesIn(text, pattern).map((number) => ({ path, number })));
    const elsewhere = found
      .filter(({ path }) => path !== by && !(path in also))
      .map(({ path, number }) => ({ path, line: number, message: `${what}, which ${by || "nothing"} is there for` }));
    const gone = [...(by === "" ? [] : [by]), ...Object.keys(also)]
      .filter((path) => !found.some((one) => one.path === path))
      .map((path) => ({ path, message: `is named in tools/design/check-one-place.ts as what ${what}, and does not` }));
    return [...elsewhere, ...gone];
  });
}

/** The lines in which the pattern begins. */
function placesIn(source: string, pattern: RegExp): readonly number[] {
  const { text, lineAt } = oneLine(source);
  return [...text.matchAll(new RegExp(pattern, `${pattern.flags}g`))].map(({ index }) => lineAt(index));
}

export const onePlace: Rule = {
  name: "one place",
  check: () => {
    const sources = readFiles((path) => /^(library|gateway)\/src\/.*\.ts$/.test(path) && !isTest(path));
    return [...checkOnePlace(sources.filter(({ path }) => !/\/testing\//.test(path))), ...checkMembers(sources)];
  },
};

if (import.meta.main) await main(onePlace);
