/**
 * One store behind two: at `/matched` a proxy asserts who asks beside the session's cookie, at `/session` the cookie
 * stands alone.
 */
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { Auth } from "coatcheck";
import { coatcheck } from "coatcheck";
import { memory } from "coatcheck/memory";
import { coatcheckNode } from "coatcheck/node";
import { personOf, subjectOf } from "../../load/people.ts";
import { serve, wanted } from "../serving.ts";
import { signInAll } from "./sessions.ts";

const usual = {
  publicUrl: "https://app.example.com",
  secrets: randomBytes(32).toString("base64url"),
  store: memory(),
  session: { preset: "aal1" },
} as const;
const alone = coatcheck<unknown>(usual);
const behind = coatcheck<unknown>({
  ...usual,
  proxy: {
    trusted: ["127.0.0.1"],
    preset: "oauth2-proxy",
    issuer: personOf(0).issuer,
    // As an app's own look-up would answer, at leisure; within the cache's time it is not asked.
    resolve: async ({ issuer, subject }) => ({ owner: `${issuer} ${subject}` }),
  },
});

const handlerOf = (auth: Auth<unknown>) =>
  coatcheckNode(auth).handler((_request, response, session) => {
    if (session.identity === null) response.statusCode = 401;
    response.end(session.identity?.subject);
  });
const matched = handlerOf(behind);
const session = handlerOf(alone);

const cookies = await signInAll(alone, wanted().sessions);
serve(
  createServer((request, response) => (request.url === "/matched" ? matched : session)(request, response)),
  cookies.map(
    (cookie, index) =>
      `${cookie}\r\nx-auth-request-user: ${subjectOf(index)}\r\nx-auth-request-email: ${subjectOf(index)}@example.com`,
  ),
);
