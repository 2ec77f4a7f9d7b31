/** Sessions go from store to store while gateways serve them, by the command as operators run it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { coatcheck, type ScanPage, type SessionStore } from "coatcheck";
import { signIn } from "coatcheck/testing";
import pg from "pg";
import { type PostgresProcess, startPostgresProcess, TEST_USER } from "../../../../tools/suite/postgres-server.ts";
import { startRedis } from "../../../../tools/suite/redis-server.ts";
import { temporaryFolder } from "../../../../tools/suite/temporary-folder.ts";
import { Browser } from "../../../test-support/browser.ts";
import { Command, type Ended, OFFLINE, runCommand } from "../../../test-support/command.ts";
import { type FullGateway, SCRIPT } from "../../../test-support/full-gateway.ts";
import { gatewaysAtProvider } from "../../../test-support/provider/gateways-at-provider.ts";
import { readKind } from "../../../test-support/read-kind.ts";
import { type KeepingSetting, store as kind } from "../../config/kinds/store-kind.ts";
import { openStore } from "../../session/open-store.ts";
import { openStores } from "../../session/place/open-stores.ts";

const open = new AsyncDisposableStack();
const folder = open.use(temporaryFolder("move"));
let postgres: PostgresProcess;
let redisPort: number;
before(async () => {
  postgres = open.use(await startPostgresProcess());
  redisPort = open.use(await startRedis()).port;
});
after(() => open.disposeAsync());

const file = (name: string): string => `sqlite:${folder.file(name)}`;
const database = (schema: string): string =>
  `postgres://${TEST_USER.user}@localhost/${TEST_USER.database}?host=${encodeURIComponent(postgres.folder)}&schema=${schema}`;
const cache = (prefix: string): string => `redis://127.0.0.1:${redisPort}?prefix=${prefix}`;

const isSetting = (value: unknown): value is KeepingSetting =>
  typeof value === "object" && value !== null && "kind" in value && value.kind !== "cookie";

function settingOf(address: string): KeepingSetting {
  const setting = readKind(kind, address);
  assert.ok(isSetting(setting), String(setting));
  return setting;
}

const opened = (address: string): Promise<SessionStore> => openStore(settingOf(address), { onWarning: () => undefined });
const openedBoth = (from: string, to?: string): Promise<SessionStore> =>
  openStores(
    {
      store: settingOf(from),
      storePassword: undefined,
      moveTo: to === undefined ? undefined : settingOf(to),
      moveToPassword: undefined,
    },
    { onWarning: () => undefined },
  );

const move = (from: string, to: string, ...flags: readonly string[]): Promise<Ended> =>
  runCommand(["move", from, to, ...flags], { cwd: folder.path });

async function count(store: SessionStore): Promise<number> {
  let rows = 0;
  for (let position: string | null = null; ; ) {
    const page: ScanPage | undefined = await store.scan?.(position, 500);
    assert.ok(page);
    rows += page.rows.length;
    if (page.next === null) return rows;
    position = page.next;
  }
}

/** Users who come and go at any of the gateways; what each of them must find. */
class Users {
  readonly signedIn: Browser[] = [];
  /** Copied cookies of sessions that have ended. */
  readonly ended: string[] = [];
  readonly #gateways: readonly FullGateway[];
  #turn = 0;

  /** @param before those who were there already */
  constructor(gateways: readonly FullGateway[], before?: Users) {
    this.#gateways = gateways;
    this.signedIn.push(...(before?.signedIn ?? []));
    this.ended.push(...(before?.ended ?? []));
  }

  any(): FullGateway {
    const gateway = this.#gateways[this.#turn++ % this.#gateways.length];
    assert.ok(gateway);
    return gateway;
  }

  async login(): Promise<void> {
    this.signedIn.push(await new Browser().signIn(this.any()));
  }

  async logout(): Promise<void> {
    const browser = this.signedIn.shift();
    assert.ok(browser);
    const { ticket } = browser;
    const answer = await browser.send(this.any().port, "/auth/logout", {
      method: "POST",
      headers: { ...SCRIPT, accept: "application/json" },
    });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(await this.any().statusWith(ticket), 401, "the copied cookie of who signed out");
    this.ended.push(ticket);
  }

  async look(): Promise<void> {
    for (const { ticket } of this.signedIn) assert.equal(await this.any().statusWith(ticket), 200, "nobody is signed out");
    for (const ticket of this.ended) assert.equal(await this.any().statusWith(ticket), 401, "nobody who signed out is back");
  }
}

test("S-42 S-39 from SQLite to PostgreSQL to Redis to SQLite under load, killed and gone on with", async () => {
  await using at = await gatewaysAtProvider();
  const config = { secrets: [OFFLINE.COATCHECK_SECRET] };
  const stores = [file("first.db"), database("second"), cache("third"), file("fourth.db")];
  const waiting: string[] = [];
  const first = await at.start({ config, store: await openedBoth(stores[0] ?? "") });
  for (let n = 0; n < 300; n++) waiting.push(await first.signIn(`user ${n}`));
  let gone = 0;
  let users = new Users([first]);
  for (let n = 0; n < 4; n++) await users.login();
  for (const [index, from] of stores.slice(0, -1).entries()) {
    const to = stores[index + 1] ?? "";
    const both = async (): Promise<FullGateway> => at.start({ config, store: await openedBoth(from, to) });
    const moving = new Users([await both(), await both()], users);
    // No gateway has the old store alone any more.
    let isOver = false;
    const busy = (async () => {
      while (!isOver) {
        await moving.login();
        await moving.logout();
        await moving.look();
      }
    })();
    busy.catch(() => undefined);
    await using killed = new Command(["move", from, to], { cwd: folder.path });
    const there = await opened(to);
    while ((await count(there)) === 0 && !killed.isOver) await Promise.race([busy, new Promise(setImmediate)]);
    await killed.stop("SIGKILL");
    const { out, err, code } = await move(from, to);
    isOver = true;
    await busy;
    assert.equal(code, 0, out + err);
    assert.match(out, /^ {2}the same {2}\d+, column by column; digest [0-9a-f]{32} in both$/m);
    gone += Number(/^moved (\d+) sessions/.exec(out)?.[1]);
    const alone = await at.start({ config, store: await openedBoth(to) });
    for (const cookie of waiting) assert.equal(await alone.statusWith(cookie), 200, "nobody is signed out");
    users = new Users([alone, moving.any()], moving);
    await users.login();
    await users.logout();
    await users.look();
    await there.close();
  }
  assert.ok(gone > 0, "the second run went on with the first");
  assert.ok(users.ended.length >= 6, `${users.ended.length} signed out`);
});

/** Sessions in a store, and how to read them. */
async function filled(address: string, count: number): Promise<void> {
  const store = await opened(address);
  const auth = coatcheck({ publicUrl: OFFLINE.COATCHECK_PUBLIC_URL, secrets: [OFFLINE.COATCHECK_SECRET], store });
  for (let n = 0; n < count; n++) await signIn(auth, { subject: `user ${n}` });
  await auth.close();
  await store.close();
}

const sql = async (text: string): Promise<void> => {
  const client = new pg.Client({ host: postgres.folder, ...TEST_USER });
  await client.connect();
  await client.query(text);
  await client.end();
};

test("S-42 the proof names a session that is not what it was, and the move is not done", async () => {
  const changes: readonly (readonly [what: string, sql: string, words: RegExp])[] = [
    [
      "body",
      "UPDATE S.sessions SET body = body || ' ' WHERE id = (SELECT min(id) FROM S.sessions)",
      /is not what it was, and no user has/,
    ],
    [
      "kind",
      "UPDATE S.sessions SET kind = 'token' WHERE id = (SELECT max(id) FROM S.sessions)",
      /has another kind in the new store/,
    ],
    ["row", "DELETE FROM S.sessions WHERE id = (SELECT max(id) FROM S.sessions)", /is not in the new store/],
  ];
  for (const [what, change, words] of changes) {
    const [from, to, schema] = [file(`proof-${what}.db`), database(`proof_${what}`), `proof_${what}`];
    await filled(from, 20);
    assert.equal((await move(from, to, "--alone")).code, 0);
    // As if it had been stopped just before its end, and the row had been changed meanwhile.
    await sql(`${change.replaceAll("S.", `${schema}.`)};
      UPDATE ${schema}.marks SET value = replace(value, ' done', ' copying') WHERE key = 'move:into'`);
    const { out, err, code } = await move(from, to, "--alone");
    assert.deepEqual([code, out], [1, ""], what);
    assert.match(
      err,
      /^coatcheck: not everything is in the new store as it was in the old one; the move is not done\n {2}The session /,
    );
    assert.match(err, words);
    assert.match((await move(from, to, "--alone", "--json")).out, /^\{"outcome":"differs",/);
  }
});

test("what cannot be moved is refused with what to do, and status 2", async () => {
  const [from, to, other] = [file("a.db"), file("b.db"), file("c.db")];
  await filled(from, 3);
  await filled(other, 1);
  const table: readonly (readonly [args: readonly string[], words: RegExp])[] = [
    [[from], /move takes the addresses of two stores/],
    [[from, to, other], /move takes the addresses of two stores/],
    [[from, from], /store and moveTo are the same\n {2}Name another file, schema, prefix or server/],
    [[from, `sqlite:${folder.path}/../${folder.path.split("/").at(-1)}/a.db`], /store and moveTo are the same/],
    [[database("x"), database("x")], /store and moveTo are the same/],
    [[cache("x"), cache("x")], /store and moveTo are the same/],
    [[from, "memory:"], /moveTo is memory:, where no session can be moved to\n {2}Write sqlite:PATH, postgres/],
    [[from, "cookie:"], /moveTo is cookie:, where no session can be moved to/],
    [["cookie:", to], /store is cookie:, so nothing can be moved/],
    [["memory:", to], /store is memory:, so nothing can be moved/],
    [["mysql://a/b", to], /store is mysql:\/\/\.\.\., which is no store[\s\S]*It was set by FROM/],
    [[from, "b.db"], /moveTo is b\.db, which is no store[\s\S]*It was set by TO/],
    [[file("absent.db"), to], /There is no file .*absent\.db to move sessions from/],
    [[from, other, "--alone"], /The new store has sessions already\. Name an empty one/],
    [[from, to], /No app has said within ten minutes that it serves both stores/],
    [[from, to, "--alon"], /--alon is no flag/],
    [[], /COATCHECK_SECRET/],
  ];
  for (const [args, words] of table) {
    const { out, err, code } = await runCommand(["move", ...args], { cwd: folder.path });
    assert.match(err, words, args.join(" "));
    assert.deepEqual([code, out], [2, ""], args.join(" "));
  }
  const { err, code } = await runCommand(["move"], { cwd: folder.path, environment: { ...OFFLINE, COATCHECK_STORE: from } });
  assert.match(err, /there is no store to move to\n {2}Write coatcheck move FROM TO, or set moveTo/);
  assert.equal(code, 2);
});

test("a move is done once, goes on to its own store alone, and a second call finds nothing to do", async () => {
  const [from, to, other] = [file("once.db"), cache("once"), file("elsewhere.db")];
  await filled(from, 3);
  const environment = { ...OFFLINE, COATCHECK_STORE: from, COATCHECK_MOVE_TO: to };
  const { out } = await runCommand(["move", "--alone", "--json"], { cwd: folder.path, environment });
  const { outcome, moved, proof } = JSON.parse(out);
  assert.deepEqual([outcome, moved, proof.sessions, proof.unchanged], ["done", 3, { browser: 3, token: 0 }, 3]);
  assert.equal((await move(from, to)).out, "These sessions were moved before: nothing to do.\n");
  assert.match((await move(from, other, "--alone")).err, /being moved to another store than this\. Go on with that one/);
});

test("a gateway does not start with one of the two stores alone while sessions are between them", async () => {
  const [from, to] = [file("guard.db"), database("guard")];
  await filled(from, 3);
  assert.equal((await move(from, to, "--alone")).code, 0);
  const start = (store: string): Promise<Ended> => runCommand(["serve"], { environment: { ...OFFLINE, COATCHECK_STORE: store } });
  const { err, code } = await start(from);
  assert.match(err, /guard\.db \(SQLite\) cannot be used alone: its sessions are moved to another store\. Set moveTo/);
  assert.equal(code, 2);
  await sql("UPDATE guard.marks SET value = replace(value, ' done', ' copying') WHERE key = 'move:into'");
  assert.match((await start(to)).err, /cannot be used alone: sessions are moved into it, and not all of them are there yet/);
});

test("S-64 check-config shows both stores and tries them, and no password is shown", async () => {
  await using guarded = await startRedis(["requirepass right-canary"]);
  const environment = {
    ...OFFLINE,
    COATCHECK_STORE: file("check.db"),
    COATCHECK_MOVE_TO: `redis://127.0.0.1:${guarded.port}`,
    COATCHECK_MOVE_TO_PASSWORD_FILE: folder.write("password", "to-canary\n"),
  };
  const { out, err } = await runCommand(["check-config", "--online"], { environment, cwd: folder.path });
  assert.match(out, / sessions +\S+check\.db \(SQLite\), moved to 127\.0\.0\.1:\d+ \(Redis\)\n/);
  assert.match(out, /! moveTo is set: when every gateway has it, run coatcheck move/);
  assert.match(out, /^ {4}store: can be written$/m);
  assert.match(out, /^ {2}! store to move to: cannot be used: .*(?:WRONGPASS|NOAUTH|closed)/m);
  assert.doesNotMatch(out + err, /canary(?!-)/);
  const same = await runCommand(["check-config"], {
    environment: { ...environment, COATCHECK_MOVE_TO: environment.COATCHECK_STORE },
  });
  assert.match(same.err, /store and moveTo are the same/);
});

test("the commands of the guide move sessions", async () => {
  const guide = readFileSync(join(import.meta.dirname, "../../../../docs/guides/move-to-another-store.md"), "utf8");
  const commands = [...guide.matchAll(/^npx coatcheck-gateway (move.*)$/gm)].map(([, words = ""]) => words.split(" "));
  assert.deepEqual(
    commands.map(({ length }) => length),
    [1, 4],
  );
  const [from, to] = [file("guide.db"), cache("guide")];
  await filled(from, 2);
  const [configured = [], alone = []] = commands;
  const words = alone.map((word) => ({ "sqlite:sessions.db": from, "redis://localhost:6379": to })[word] ?? word);
  assert.equal((await runCommand(words, { cwd: folder.path })).code, 0);
  const next = database("guide");
  const environment = { ...OFFLINE, COATCHECK_STORE: to, COATCHECK_MOVE_TO: next };
  const store = await openedBoth(to, next);
  const { out, code, err } = await runCommand(configured, { cwd: folder.path, environment });
  await store.close();
  assert.equal(code, 0, err);
  assert.match(
    out,
    /^moved 2 sessions and markers from 127\.0\.0\.1:\d+ \(Redis\) to \S+\/postgres \(PostgreSQL\)\n {2}live +2,/m,
  );
});
