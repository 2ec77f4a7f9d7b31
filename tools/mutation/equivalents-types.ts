/** Mutants of `library/src/engine` where nothing ever comes: defaults and branches that are there for the type alone. */
import type { Equivalent } from "./equivalents.ts";

export const TYPES: readonly Equivalent[] = [
  { path: "engine/cap.ts", line: "? 1 : -1", operators: ["number"], reason: "of a comparison the sign counts alone" },
  {
    path: "engine/directory.ts",
    line: 'notice.subject ?? ""',
    operators: ["string"],
    reason: "without sid and subject there is no notice; asked for the type alone",
  },
  {
    path: "engine/directory.ts",
    line: 'subject: subject ?? ""',
    operators: ["string"],
    reason: "without sid and subject there is no notice; asked for the type alone",
  },
  {
    path: "engine/refresh-target.ts",
    line: 'body.provider ?? ""',
    operators: ["string", "logic"],
    reason: "what failed to renew has a provider; asked for the type alone",
  },
  {
    path: "engine/observe.ts",
    line: "fromProxy: false",
    operators: ["boolean"],
    reason: "beside an assertion nobody asks where the session is from; there for the type alone",
  },
  {
    path: "engine/push.ts",
    line: 'request.url ?? "/"',
    operators: ["string", "logic"],
    reason: "a server's request has one; asked for the type alone",
  },
  {
    path: "engine/node-request.ts",
    line: 'request.originalUrl ?? request.url ?? "/"',
    operators: ["string"],
    reason: "a server's request has one; asked for the type alone",
  },
  {
    path: "engine/node-request.ts",
    line: 'request.method ?? "GET"',
    operators: ["string"],
    reason: "a server's request has one; asked for the type alone",
  },
  {
    path: "engine/hold.ts",
    line: 'pairs.push([flat[index] ?? ""',
    operators: ["string"],
    reason: "the list has a text at each place; asked for the type alone",
  },
  {
    path: "engine/system.ts",
    line: 'typeof timer === "object" && "unref" in timer',
    operators: ["condition"],
    to: "true",
    reason: "Node's timers have it; asked for the type alone",
  },
  {
    path: "engine/observe.ts",
    line: '? { verdict: NOT_TAKEN, by: "proxy" }',
    operators: ["string"],
    reason: "who is served as a user was found; asked for the type alone",
  },
  {
    path: "engine/carry-out.ts",
    line: 'reason: reason ?? "replaced"',
    operators: ["string"],
    reason: "a row that has ended has a reason; asked for the type alone",
  },
  {
    path: "engine/spend.ts",
    line: 'fresh.reason ?? "logout"',
    operators: ["string"],
    reason: "a row that has ended has a reason; asked for the type alone",
  },
  {
    path: "engine/endings.ts",
    line: 'this.tell(id, over ?? "expired")',
    operators: ["string"],
    reason: "what is not over does not come here; asked for the type alone",
  },
  {
    path: "engine/take-lease.ts",
    line: 'reason: over ?? "expired"',
    operators: ["string"],
    reason: "what is not over does not come here; asked for the type alone",
  },
  {
    path: "engine/refresh-target.ts",
    line: 'succeededAt(provider ?? "")',
    operators: ["string"],
    reason: "what was to be renewed has a provider; asked for the type alone",
  },
  {
    path: "engine/session.ts",
    line: '(by ?? "session")',
    operators: ["string"],
    reason: "whoever is somebody came by something; asked for the type alone",
  },
  {
    path: "engine/settle.ts",
    line: "if (row === undefined || ticket === null)",
    operators: ["logic", "condition", "statement", "string"],
    reason: "a plan that sets a cookie has a row and a ticket; asked for the type alone",
  },
  {
    path: "engine/user-policy.ts",
    line: "{ via: true }",
    operators: ["boolean"],
    reason: "the names of the table are what counts; its values are there for the type alone",
  },
];
