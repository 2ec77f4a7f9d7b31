import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { GatewayMessage } from "./gateway-message.ts";

/** What a server sees of the dictionary of one request, which is sent as it stands. */
async function dictionaryOf(request: string): Promise<unknown> {
  const server = createServer({ IncomingMessage: GatewayMessage, requireHostHeader: false }, (message, response) => {
    response.setHeader("connection", "close");
    response.end(JSON.stringify({ headers: message.headers, lines: message.rawHeaders.length }));
  });
  const listening = server.listen(0, "127.0.0.1");
  await once(listening, "listening");
  const bound = server.address();
  const socket = connect({ host: "127.0.0.1", port: typeof bound === "object" && bound !== null ? bound.port : 0 });
  socket.write(request);
  const answer = await text(socket);
  server.close();
  return JSON.parse(answer.slice(answer.indexOf("{"), answer.lastIndexOf("}") + 1));
}

test("F-50 a request of lines alone has an empty dictionary, and its lines as they were received", async () => {
  const plain = await dictionaryOf("GET / HTTP/1.1\r\nHost: a\r\nCookie: b=c\r\nX-Content-Length: 3\r\nExpected: x\r\n\r\n");
  assert.deepEqual(plain, { headers: {}, lines: 8 });
});

test("F-50 a request with a header of framing or expectation, in any spelling, has Node's own dictionary", async () => {
  for (const line of ["Content-Length: 0", "cONTENT-lENGTH: 0", "TRANSFER-ENCODING: chunked", "eXPECT: 100-continue"]) {
    const end = line.endsWith("chunked") ? "0\r\n\r\n" : "";
    const found = await dictionaryOf(`POST / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n${line}\r\n\r\n${end}`);
    const [name = "", value = ""] = line.split(": ");
    const { headers } = Object(found);
    assert.deepEqual(headers, { host: "a", accept: "*/*", [name.toLowerCase()]: value }, line);
  }
});
