import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { after, before, test } from "node:test";
import { coatcheck, type SessionRow } from "coatcheck";
import { sqlite } from "coatcheck/sqlite";
import { temporaryFolder } from "../../../../tools/suite/temporary-folder.ts";
import { sessionIdOf } from "../../../test-support/browser.ts";
import type { Ended, Environment } from "../../../test-support/command.ts";
import { Command, OFFLINE, runCommand } from "../../../test-support/command.ts";
import type { FullGateway } from "../../../test-support/full-gateway.ts";
import { startFullGateway } from "../../../test-support/full-gateway.ts";
import { sweep } from "../store/sweep.ts";
import { sessions } from "./sessions.ts";

const SECRET = randomBytes(32).toString("base64url");
const folder = temporaryFolder("sessions");
const file = folder.file("sessions.db");
const store = sqlite(file);
const keeper = coatcheck({ publicUrl: "http://localhost:4180", secrets: SECRET, store, keep: { userAgent: true } });
let gateway: FullGateway;

before(async () => {
  gateway = await startFullGateway({ store: sqlite(file), config: { secrets: [SECRET] } });
});
after(async () => {
  await gateway[Symbol.asyncDispose]();
  await keeper.close();
  await store.close();
  folder[Symbol.dispose]();
});

const SETTINGS = { ...OFFLINE, COATCHECK_SECRET: SECRET, COATCHECK_STORE: `sqlite:${file}` };

const run = (args: readonly string[], change: Environment = {}): Promise<Ended> =>
  runCommand(args, { cwd: folder.path, environment: { ...SETTINGS, ...change } });

const login = (subject: string): Promise<string> => gateway.signIn(subject, { email: "canary-claim@example.com" });

test("SE-09 S-44 sessions list and show: live sessions, as table and as JSON, nothing that authenticates", async () => {
  const [one, two] = [await login("lara"), await login("lara")];
  const [table, data, byPair, shown, lines] = await Promise.all([
    run(["sessions", "list", "--owner", "test lara"]),
    run(["sessions", "list", "--owner=test lara", "--json"]),
    run(["sessions", "list", "--issuer", "test", "--subject", "lara", "--json"]),
    run(["sessions", "show", sessionIdOf(one), "--json"]),
    run(["sessions", "show", sessionIdOf(one)]),
  ]);
  for (const { code, err, out } of [table, data, byPair, shown, lines]) {
    assert.deepEqual([code, err], [0, ""]);
    for (const secret of [one, two].map((cookie) => cookie.split(".")[1] ?? "")) assert.ok(!out.includes(secret));
    assert.ok(!out.includes("canary"), out);
  }
  assert.match(table.out, /^SESSION +SIGNED IN +LAST SEEN +ENDS IDLE +ENDS +BY +ADDRESS +USER AGENT\n/);
  assert.match(table.out, new RegExp(`^${sessionIdOf(one)}  20\\d\\d-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\dZ .* app  - +-$`, "m"));
  const ids: readonly string[] = JSON.parse(data.out).sessions.map(({ id }: { id: string }) => id);
  assert.deepEqual([...ids].sort(), [sessionIdOf(one), sessionIdOf(two)].sort());
  assert.equal(byPair.out, data.out);
  const row = await store.get(sessionIdOf(one));
  assert.deepEqual(JSON.parse(shown.out), {
    id: sessionIdOf(one),
    owner: "test lara",
    issuer: "test",
    method: "app",
    createdAt: row?.created,
    seenAt: row?.seen,
    expiresAt: row?.expires,
    idleExpiresAt: (row?.seen ?? 0) + 3_600_000,
    userAgent: null,
    address: null,
  });
  assert.match(lines.out, /^session +\S{22}\nowner +test lara\nissuer +test\n/);
});

test("SE-09 S-44 A-31 what sessions end ends is 401 at the running gateway with its next request", async () => {
  const [one, two, three] = [await login("emma"), await login("emma"), await login("emma")];
  const other = await login("otto");
  assert.deepEqual(await Promise.all([one, two, three, other].map((cookie) => gateway.statusWith(cookie))), [200, 200, 200, 200]);
  const single = await run(["sessions", "end", sessionIdOf(one)]);
  assert.deepEqual([single.code, single.out], [0, "ended 1 session\n"]);
  assert.deepEqual(await Promise.all([one, two, three, other].map((cookie) => gateway.statusWith(cookie))), [401, 200, 200, 200]);
  assert.equal((await store.get(sessionIdOf(one)))?.reason, "admin");
  const all = await run(["sessions", "end", "--issuer", "test", "--subject", "emma", "--json"]);
  assert.deepEqual([all.code, all.out], [0, '{"ended":2}\n']);
  assert.deepEqual(await Promise.all([one, two, three, other].map((cookie) => gateway.statusWith(cookie))), [401, 401, 401, 200]);
  const [again, gone, empty] = await Promise.all([
    run(["sessions", "end", sessionIdOf(one)]),
    run(["sessions", "show", sessionIdOf(two)]),
    run(["sessions", "list", "--owner", "test emma", "--json"]),
  ]);
  assert.deepEqual([again.code, again.err], [1, `no session ${sessionIdOf(one)} was alive\n`]);
  assert.deepEqual([gone.code, gone.err], [1, `no session ${sessionIdOf(two)} is alive\n`]);
  assert.deepEqual([empty.code, empty.out], [1, '{"sessions":[]}\n']);
});

test("SE-09 with several workers the admin listener's API ends sessions for all of them", async () => {
  const environment = { ...SETTINGS, COATCHECK_ADMIN_TOKEN: "let-me-in" };
  await using served = new Command(["serve", "--workers", "2"], { cwd: folder.path, environment });
  const { admin: port } = await served.introduced();
  const url = `http://127.0.0.1:${port}/sessions?owner=${encodeURIComponent("test willa")}`;
  const cookie = await login("willa");
  const headers = { authorization: "Bearer let-me-in" };
  const listed = await (await fetch(url, { headers })).text();
  assert.ok(listed.includes(sessionIdOf(cookie)), listed);
  assert.deepEqual(await (await fetch(url, { method: "DELETE", headers })).json(), { ended: 1 });
  assert.equal(await gateway.statusWith(cookie), 401);
});

test("a user agent steers no terminal", async () => {
  const exchange = await keeper.engine.open({
    method: "POST",
    target: "/",
    header: (name) => (name === "user-agent" ? "Fox\u009b31m\u202e\u001b[2J" : undefined),
  });
  exchange.session.login({ issuer: "test", subject: "evil" });
  await exchange.settle(200);
  const { out } = await run(["sessions", "list", "--owner", "test evil"]);
  assert.match(out, /app {2}- +Fox\?31m\?\?\[2J\n$/);
});

test("sweep deletes what expired, in batches until nothing is left, and nothing that lives", async () => {
  const mine = await login("live");
  const [row] = await store.list({ owner: "test live" }, 1, Date.now());
  assert.ok(row !== undefined);
  for (let count = 0; count < 1_100; count++) {
    const old: SessionRow = { ...row, id: `old-${count}`, owner: null, created: 1, seen: 1, expires: 2 };
    await store.put(old, "absent");
  }
  const swept = await run(["sweep", "--json"]);
  assert.deepEqual([swept.code, swept.out, swept.err], [0, '{"deleted":1100,"complete":true}\n', ""]);
  assert.equal((await run(["sweep"])).out, "deleted 0 dead rows\n");
  assert.equal(await gateway.statusWith(mine), 200);
});

test("S-66 sweep deletes rows that are dead by idle as the hourly sweep does, and none that is only idle", async () => {
  const mine = await login("idle");
  const [row] = await store.list({ owner: "test idle" }, 1, Date.now());
  assert.ok(row !== undefined);
  const now = Date.now();
  const hours = (count: number): number => now - count * 3_600_000;
  for (let count = 0; count < 600; count++) {
    await store.put({ ...row, id: `idle-${count}`, owner: null, created: hours(4), seen: hours(2.1) }, "absent");
  }
  await store.put({ ...row, id: "an-hour-and-a-half", owner: null, created: hours(4), seen: hours(1.5) }, "absent");
  const swept = await run(["sweep", "--json"], { COATCHECK_IDLE: "1h" });
  assert.deepEqual([swept.code, swept.out, swept.err], [0, '{"deleted":600,"complete":true}\n', ""]);
  assert.notEqual(await store.get("an-hour-and-a-half"), undefined);
  assert.equal(await gateway.statusWith(mine), 200);
});

const WRONG: readonly (readonly [args: string, said: RegExp])[] = [
  ["sessions", /^coatcheck: sessions needs a command: list, show or end/],
  ["sessions lists", /^coatcheck: "lists" is no command of sessions\n {2}Did you mean list\?/],
  ["sessions list", /^coatcheck: --owner is missing; issuer and subject would do as well/],
  ["sessions list --issuer x", /^coatcheck: --subject is missing beside issuer/],
  ["sessions list --owner a --subject b", /^coatcheck: --subject is given beside owner/],
  ["sessions list --owner", /^coatcheck: --owner has no value/],
  ["sessions list --owner a --owner b", /^coatcheck: --owner is given twice/],
  ["sessions list --ownr a", /^coatcheck: --ownr is no flag\n {2}Did you mean --owner\?/],
  ["sessions end", /^coatcheck: the session's id is missing/],
  ["sessions end AAAAAAAAAAAAAAAAAAAAAA.ticket-canary", /^coatcheck: that is no session's id/],
  ["sessions end AAAAAAAAAAAAAAAAAAAAAA --owner a", /^coatcheck: a word too many/],
  ["sessions show AAAAAAAAAAAAAAAAAAAAAA ticket-canary", /^coatcheck: a word too many/],
  ["sweep everything", /^coatcheck: a word too many/],
  ["sweep --admin-token x", /^coatcheck: --admin-token is no flag, because it is a secret/],
];

test("what was asked wrongly is said in words, with exit status 2, and a ticket is not repeated", async () => {
  for (const [args, said] of WRONG) {
    const [first, ...rest] = args.split(" ");
    let [out, err] = ["", ""];
    const terminal = { print: (text: string) => (out += text), complain: (text: string) => (err += text) };
    const code = await (first === "sweep" ? sweep : sessions)(rest, terminal);
    assert.match(err, said);
    assert.deepEqual([code, out], [2, ""], args);
    assert.ok(!err.includes("canary"), err);
  }
  const { code, err } = await run(["sessions", "bogus"]);
  assert.deepEqual([code, err], [2, 'coatcheck: "bogus" is no command of sessions\n  All of them:  coatcheck sessions --help\n']);
});

test("a store that is not there or not to be opened ends the command; it makes no file", async () => {
  const missing = folder.file("missing.db");
  const [absent, inside, unset] = await Promise.all([
    run(["sessions", "list", "--owner", "a"], { COATCHECK_STORE: `sqlite:${missing}` }),
    run(["sessions", "end", "--owner", "a"], { COATCHECK_STORE: "memory:", COATCHECK_ADMIN_LISTEN: "127.0.0.1:4999" }),
    run(["sweep"], { COATCHECK_SECRET: "hunter2" }),
  ]);
  assert.deepEqual([absent.code, existsSync(missing)], [2, false]);
  assert.ok(absent.err.startsWith(`coatcheck: there is no file ${missing}\n  COATCHECK_STORE (store)`), absent.err);
  assert.equal(inside.code, 2);
  assert.match(
    inside.err,
    /memory:, so the sessions are inside of the running gateway[\s\S]*http:\/\/127\.0\.0\.1:4999\/sessions/,
  );
  assert.equal(unset.code, 2);
  assert.match(unset.err, /the secret is too short/);
});

test("each of the commands has a help of its own, and the general one names them", async () => {
  const told = await Promise.all(
    ["sessions --help", "sessions list --help", "sessions show -h", "sessions end --help", "sweep --help", "--help"].map((args) =>
      run(args.split(" "), { COATCHECK_SECRET: "" }),
    ),
  );
  assert.deepEqual(
    told.map(({ code }) => code),
    [0, 0, 0, 0, 0, 0],
  );
  const [general, list, show, end, sweeping, all] = told.map(({ out }) => out);
  assert.match(general ?? "", /^coatcheck sessions:/);
  for (const [text, command] of [
    [list, "sessions list"],
    [show, "sessions show"],
    [end, "sessions end"],
    [sweeping, "sweep"],
  ]) {
    assert.match(text ?? "", new RegExp(`^coatcheck ${command}: [\\s\\S]*Exit status: 0`));
  }
  assert.match(all ?? "", /coatcheck sessions [\s\S]*coatcheck sweep/);
});
