/** Coatcheck with as many signed-in users as a benchmark wants, on the store that it names. */
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { Auth, SessionStore, StatelessStore } from "coatcheck";
import { coatcheck } from "coatcheck";
import { coatcheckNode } from "coatcheck/node";
import { sqlite } from "coatcheck/sqlite";
import { signIn } from "coatcheck/testing";
import { dataOf, personOf } from "../../load/people.ts";
import { serve } from "../serving.ts";

/** A user for every session: answers their `Cookie` headers. */
export async function signInAll(auth: Auth<unknown>, sessions: number): Promise<readonly string[]> {
  const cookies: string[] = [];
  for (let index = 0; index < sessions; index++) {
    cookies.push(await signIn(auth, personOf(index), (session) => session.set(dataOf(index))));
  }
  return cookies.map((cookie) => `cookie: ${cookie}`);
}

/** The same into a file of SQLite, which is closed again. */
export async function fillFile(path: string, sessions: number): Promise<readonly string[]> {
  const store = sqlite(path);
  const auth = authOn(store);
  const credentials = await signInAll(auth, sessions);
  await auth.close();
  await store.close();
  return credentials;
}

export function authOn(store: SessionStore | StatelessStore): Auth<unknown> {
  return coatcheck<unknown>({
    publicUrl: "https://app.example.com",
    secrets: randomBytes(32).toString("base64url"),
    store,
    // So that no user's visit is due to be written down while reading is measured.
    session: { preset: "aal1" },
  });
}

/** Coatcheck on `node:http`: at `/user` for authenticated users alone, elsewhere for anonymous ones too. */
export function serveCoatcheck(auth: Auth<unknown>, credentials: readonly string[]): void {
  const web = coatcheckNode(auth);
  const optional = web.handler((_request, response, session) => {
    if (session.identity === null) response.statusCode = 401;
    response.end(session.identity?.subject);
  });
  const user = web.userHandler((_request, response, session) => {
    response.end(session.identity.subject);
  });
  serve(
    createServer((request, response) => (request.url === "/user" ? user : optional)(request, response)),
    credentials,
  );
}
