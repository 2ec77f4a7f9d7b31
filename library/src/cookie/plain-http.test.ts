import assert from "node:assert/strict";
import { test } from "node:test";
import { authWith } from "../../test-support/auth.ts";

const AT_HOME = "http://192.168.178.20:3000";
/** Browsers send no Fetch Metadata to an address without TLS that is another machine's. */
const PLAIN = { accept: "text/html", host: "192.168.178.20:3000" };

const refusedAt = (publicUrl: string, plainHttp?: "private-network") => () =>
  authWith({ publicUrl, ...(plainHttp === undefined ? {} : { plainHttp }) });

test("S-68 plain http on a private network is refused unless it is asked for; elsewhere always", () => {
  assert.throws(refusedAt(AT_HOME), /publicUrl http:\/\/192\.168\.178\.20:3000 is http\n.*plainHttp: "private-network"/);
  for (const publicUrl of ["http://app.example.com", "http://8.8.8.8:3000", "http://[2001:db8::1]"]) {
    assert.throws(refusedAt(publicUrl), { code: "ERR_CONFIG" });
    assert.throws(refusedAt(publicUrl, "private-network"), { code: "ERR_CONFIG" }, publicUrl);
  }
  const anything: object = { plainHttp: "everywhere" };
  assert.throws(() => authWith({ publicUrl: AT_HOME, ...anything }), /plainHttp is everywhere; it can be loopback or/);
});

test("S-68 a session over plain http: its cookie works, other origins are kept out, and the start says so", async () => {
  const { auth, told } = authWith({ publicUrl: AT_HOME, plainHttp: "private-network" });
  assert.deepEqual(
    told("address.insecure").map(({ level }) => level),
    ["warn"],
  );
  const send = (method: string, headers: object) =>
    auth.handle(new Request(`${AT_HOME}/`, { method, headers: { ...PLAIN, ...headers } }), (session) => {
      if (session.identity === null) session.login({ issuer: "app", subject: "alice", claims: {} });
      else session.set({ visits: 1 });
      return new Response(session.identity?.subject ?? "welcome");
    });
  const first = await send("GET", {});
  const [line = ""] = first.headers.getSetCookie();
  assert.match(line, /^coatcheck-3000=[^;]+; /);
  assert.doesNotMatch(line, /secure/i);
  const cookie = line.slice(0, line.indexOf(";"));
  assert.equal(await (await send("POST", { cookie, origin: AT_HOME })).text(), "alice");
  assert.equal((await send("POST", { cookie, origin: "http://192.168.178.21:3000" })).status, 403);
  assert.equal((await send("POST", { cookie })).status, 403);
  await auth.close();
});
