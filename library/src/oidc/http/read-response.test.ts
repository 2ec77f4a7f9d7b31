import assert from "node:assert/strict";
import { test } from "node:test";
import { headersOf, ReadResponse, rawHeaders } from "./read-response.ts";

const RAW = ["Content-Type", "application/json", "X-Two", "a", "x-two", "b", "Date", "Sat, 21 Nov 2026 21:00:00 GMT"];
const BODY = '{"access_token":"ä"}';
const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

test("F-71 an answer that was read says what a Response of the same says, again and again", async () => {
  const ours = new ReadResponse(200, rawHeaders(RAW), bytes(`\ufeff${BODY}`));
  const web = new Response(`\ufeff${BODY}`, { status: 200, headers: ours.headers });
  assert.deepEqual([...ours.headers], [...web.headers]);
  assert.equal(Object.prototype.toString.call(ours), Object.prototype.toString.call(web));
  for (let turn = 0; turn < 2; turn++) {
    const those = await Promise.all(
      [ours, web.clone()].map((one) => Promise.all([one.ok, one.status, one.type, one.clone().text()])),
    );
    assert.deepEqual(those[0], those[1]);
    assert.deepEqual(await ours.json(), await web.clone().json());
    assert.deepEqual(await ours.bytes(), await web.clone().bytes());
    assert.deepEqual(await ours.arrayBuffer(), await web.clone().arrayBuffer());
    assert.equal(await (await ours.blob()).text(), await (await web.clone().blob()).text());
  }
  assert.deepEqual([ours.bodyUsed, ours.body, ours.clone().content], [false, null, BODY]);
  await assert.rejects(new ReadResponse(200, rawHeaders(RAW), bytes("{")).json(), SyntaxError);
});

test("F-71 what an answer said may stand for its text, and a form is a form", async () => {
  const said = new ReadResponse(200, rawHeaders([]), { a: [1] });
  assert.deepEqual([await said.text(), await said.json(), (await said.bytes()).length], ['{"a":[1]}', { a: [1] }, 9]);
  const form = new ReadResponse(201, rawHeaders(["content-type", "application/x-www-form-urlencoded"]), bytes("a=b"));
  assert.equal((await form.formData()).get("a"), "b");
});

test("F-71 a header is found whatever its case, several are joined, none is null", () => {
  const headers = new Headers();
  for (let at = 0; at < RAW.length; at += 2) headers.append(RAW[at] ?? "", RAW[at + 1] ?? "");
  for (const fields of [rawHeaders(RAW), headersOf(headers)]) {
    for (const name of ["content-type", "x-two", "date", "retry-after"]) assert.equal(fields.get(name), headers.get(name));
    assert.deepEqual([...fields.all()], [...headers]);
  }
});
