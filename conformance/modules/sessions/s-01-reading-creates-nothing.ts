/** Crawlers and robots: 20,000 pipelined requests without a session cost the store nothing. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { appOf, type Target } from "../../target.ts";

export const title = "S-01 10,000 anonymous requests and 10,000 with a bearer leave no row and set no cookie";

const CONNECTIONS = 10;
const EACH = 1000;

/** Many requests on one connection, sent without waiting: all that comes back. */
async function flood(target: Target, request: string): Promise<string> {
  const { hostname, port } = new URL(target.url);
  const socket = connect(Number(port), hostname);
  const last = request.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
  socket.end(request.repeat(EACH - 1) + last);
  return text(socket);
}

export async function run(target: Target): Promise<void> {
  const { store, events, bearer } = appOf(target);
  const head = `GET /public HTTP/1.1\r\nHost: ${new URL(target.origin).host}\r\n`;
  for (const request of [`${head}\r\n`, `${head}Authorization: Bearer ${bearer}\r\n\r\n`]) {
    const all = await Promise.all(Array.from({ length: CONNECTIONS }, () => flood(target, request)));
    const answers = all.join("");
    assert.equal(answers.match(/HTTP\/1\.1 200 /g)?.length, CONNECTIONS * EACH);
    assert.doesNotMatch(answers, /set-cookie/i);
    assert.equal(answers.includes('"subject":"robot"'), request.includes("Bearer"));
  }
  assert.deepEqual(store.writes, []);
  assert.deepEqual(events, []);
}
