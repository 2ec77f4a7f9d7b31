import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request } from "node:http";
import { test } from "node:test";
import { within } from "../../../tools/suite/steady.ts";
import { temporaryFolder } from "../../../tools/suite/temporary-folder.ts";
import { LOOPBACK, SECRET } from "../../test-support/origin.ts";
import { listen, say } from "../../test-support/talk.ts";
import type { SessionStore } from "../contracts.ts";
import { coatcheck, SessionEnded } from "../index.ts";
import { sqlite } from "../stores/sqlite.ts";
import { signIn } from "../testing/sign-in.ts";
import { coatcheckNode } from "./node.ts";

/** A replica on a file, with an event stream that says why it ends. */
function replica(store: SessionStore) {
  const auth = coatcheck({ publicUrl: LOOPBACK, secrets: SECRET, store });
  const listener = coatcheckNode(auth).userHandler((message, response, session) => {
    if (message.url === "/leave") session.logout();
    if (message.url !== "/events") return void response.end("done");
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("data: hello\n\n");
    const { signal } = session;
    const say = (): void => {
      const reason = signal.reason instanceof SessionEnded ? signal.reason.reason : String(signal.reason);
      response.end(`event: ended\ndata: ${reason}\n\n`);
    };
    return signal.addEventListener("abort", say, { once: true });
  });
  const close = async (): Promise<void> => {
    await auth.close();
    await store.close();
  };
  return { auth, listener, close };
}

async function events(port: number, cookie: string): Promise<{ readonly rest: Promise<string> }> {
  const asked = request({ host: "127.0.0.1", port, path: "/events", headers: { cookie }, agent: false }).end();
  const [answer]: IncomingMessage[] = await once(asked, "response");
  assert.ok(answer);
  const [first] = await once(answer, "data");
  assert.equal(String(first), "data: hello\n\n");
  const rest = answer.setEncoding("utf8").toArray();
  return { rest: rest.then((chunks) => chunks.join("")) };
}

/** What comes within a second. */
const soon = (text: Promise<string>): Promise<string> => within(1_000, text, "still open");

test("PX-05 SE-09 an app's event streams end with their session, on both replicas, within a second", async () => {
  using folder = temporaryFolder("signal");
  const path = folder.file("sessions.db");
  const [a, b] = [replica(sqlite(path)), replica(sqlite(path))];
  try {
    await using here = await listen(a.listener);
    await using there = await listen(b.listener);
    const [first, second] = [await signIn(a.auth, { subject: "alice" }), await signIn(a.auth, { subject: "alice" })];
    const streams = [await events(here.port, first), await events(there.port, first)];
    const others = [await events(here.port, second), await events(there.port, second)];
    assert.equal((await say(here.port, "/leave", { headers: { cookie: first } })).status, 200);
    for (const { rest } of streams) assert.equal(await soon(rest), "event: ended\ndata: logout\n\n");
    assert.equal((await say(there.port, "/", { headers: { cookie: second } })).status, 200);
    assert.equal(await b.auth.endAll({ issuer: "test", subject: "alice" }), 1);
    for (const { rest } of others) assert.equal(await soon(rest), "event: ended\ndata: elsewhere\n\n");
  } finally {
    await a.close();
    await b.close();
  }
});
