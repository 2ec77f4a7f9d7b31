/**
 * Mutants of `library/src/engine` where nothing ever comes: defaults and branches that are there for the type alone.
 */
import type { Equivalent } from "./equivalents.ts";

export const TYPES: readonly Equivalent[] = [
  {
    path: "engine/lifecycle/session-limit.ts",
    line: "? 1 : -1",
    operators: ["number"],
    reason: "of a comparison the sign counts alone",
  },
  {
    path: "engine/lifecycle/directory.ts",
    line: 'notification.subject ?? ""',
    operators: ["string"],
    reason: "without sid and subject there is no notice; asked for the type alone",
  },
  {
    path: "engine/lifecycle/directory.ts",
    line: 'subject: subject ?? ""',
    operators: ["string"],
    reason: "without sid and subject there is no notice; asked for the type alone",
  },
  {
    path: "engine/refresh/refresh-target.ts",
    line: 'provider ?? ""',
    operators: ["string", "logic"],
    reason: "what failed to renew has a provider; asked for the type alone",
  },
  {
    path: "engine/request/authenticate/authenticate.ts",
    line: "fromProxy: false",
    operators: ["boolean"],
    reason: "beside an assertion nobody asks where the session is from; there for the type alone",
  },
  {
    path: "http/node-handler.ts",
    line: 'request.url ?? "/"',
    operators: ["string", "logic"],
    reason: "a server's request has one; asked for the type alone",
  },
  {
    path: "http/node-request.ts",
    line: 'request.originalUrl ?? request.url ?? "/"',
    operators: ["string"],
    reason: "a server's request has one; asked for the type alone",
  },
  {
    path: "http/node-request.ts",
    line: 'request.method ?? "GET"',
    operators: ["string"],
    reason: "a server's request has one; asked for the type alone",
  },
  {
    path: "http/response-hold.ts",
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
    path: "engine/request/authenticate/authenticate.ts",
    line: '? { verdict: NOT_TAKEN, by: "proxy" }',
    operators: ["string"],
    reason: "who is served as a user was found; asked for the type alone",
  },
  {
    path: "engine/request/commit.ts",
    line: 'reason: reason ?? "replaced"',
    operators: ["string"],
    reason: "a row that has ended has a reason; asked for the type alone",
  },
  {
    path: "engine/refresh/refresh-with-lease.ts",
    line: 'fresh.reason ?? "logout"',
    operators: ["string"],
    reason: "a row that has ended has a reason; asked for the type alone",
  },
  {
    path: "engine/lifecycle/endings.ts",
    line: 'this.tell(id, over ?? "expired")',
    operators: ["string"],
    reason: "what is not over does not come here; asked for the type alone",
  },
  {
    path: "engine/refresh/take-lease.ts",
    line: 'reason: over ?? "expired"',
    operators: ["string"],
    reason: "what is not over does not come here; asked for the type alone",
  },
  {
    path: "engine/refresh/refresh-target.ts",
    line: 'succeededAt(provider ?? "")',
    operators: ["string"],
    reason: "what was to be renewed has a provider; asked for the type alone",
  },
  {
    path: "engine/request/session.ts",
    line: '(by ?? "session")',
    operators: ["string"],
    reason: "whoever is somebody came by something; asked for the type alone",
  },
  {
    path: "engine/request/settle.ts",
    line: "if (row === undefined || ticket === null)",
    operators: ["logic", "condition", "statement", "string"],
    reason: "a plan that sets a cookie has a row and a ticket; asked for the type alone",
  },
  {
    path: "http/user-policy.ts",
    line: "{ via: true, sensitive: true, maxAge: true, acr: true }",
    operators: ["boolean"],
    reason: "the names of the table are what counts; its values are there for the type alone",
  },
  {
    path: "http/held-stream.ts",
    line: "if (!isCallable(original)) continue",
    operators: ["condition"],
    to: "false",
    reason: "a stream of HTTP/2 has all of them; asked for the type alone",
  },
  {
    path: "http/response-hold.ts",
    line: "if (!isCallable(original)) return;",
    operators: ["condition"],
    to: "false",
    reason: "a response has all of them; asked for the type alone",
  },
  {
    path: "http/node-handler.ts",
    line: '"code" in decision ? decision.code : "ERR_UNAUTHENTICATED"',
    operators: ["string"],
    reason: "where nobody is required nobody is sent to the login; asked for the type alone",
  },
  {
    path: "engine/request/authenticate/resolver.ts",
    line: "if (oldest !== undefined) this.#kept.delete(oldest)",
    operators: ["condition"],
    to: "true",
    reason: "where it is full there is an oldest one; asked for the type alone",
  },
  {
    path: "engine/request/authenticate/resolver.ts",
    line: "if (register === undefined)",
    operators: ["condition"],
    to: "false",
    reason: "checked at the beginning; asked for the type alone",
  },
  {
    path: "engine/request/admitted-request.ts",
    line: "live: proven === null || body === null ? null",
    operators: ["logic"],
    reason: "a body is of what is proven: there are both or neither; asked for the type alone",
  },
];
