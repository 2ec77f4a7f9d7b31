/** What the engine promises of races, outages and sweeps, over real servers with a connection for each replica. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { type RedisServer, startRedis } from "../../../tools/suite/redis-server.ts";
import { idOf } from "../../test-support/cookies.ts";
import { LOOPBACK, SECRET } from "../../test-support/origin.ts";
import { onSchema } from "../../test-support/stores/postgres-schemas.ts";
import { type PostgresServer, startPostgres } from "../../test-support/stores/postgres-server.ts";
import { type ClusterGroup, eventually, startCluster } from "../../test-support/stores/redis-groups.ts";
import { handlesOf, nodeRedis, nodeRedisCluster } from "../../test-support/stores/redis-handles.ts";
import { count, replica, storm } from "../../test-support/storm.ts";
import type { JsonObject, Session, SessionStore } from "../contracts.ts";
import { coatcheck } from "../index.ts";
import { fakeProvider } from "../testing/fake-provider.ts";
import { manualClock } from "../testing/manual-clock.ts";
import { overStore } from "../testing/over-store.ts";
import { signIn } from "../testing/sign-in.ts";
import type { StoreUnderTest } from "../testing/store-suite/case.ts";
import { sampleRow } from "../testing/store-suite/rows.ts";

const HOUR = 3_600_000;
/** Servers that free by themselves what is over go by the true time. */
const NOW = Math.floor(performance.timeOrigin);

let postgres: PostgresServer;
let redis: RedisServer;
let cluster: ClusterGroup;
before(async () => {
  [postgres, redis, cluster] = await Promise.all([startPostgres(), startRedis(), startCluster()]);
});
after(async () => {
  for (const server of [postgres, redis, cluster]) await server[Symbol.asyncDispose]();
});

interface Server {
  readonly server: string;
  readonly make: () => Promise<StoreUnderTest>;
  /** It answers nothing until it is back, and has lost nothing then. */
  readonly away: () => Promise<unknown>;
  readonly back: () => Promise<unknown>;
}

const signal = (name: "SIGSTOP" | "SIGCONT") => () => Promise.all(cluster.nodes.map((node) => node.kill(name)));
const SERVERS: readonly Server[] = [
  { server: "PostgreSQL", make: () => onSchema(postgres), away: () => postgres.stop(), back: () => postgres.start() },
  {
    server: "Redis",
    make: () => handlesOf(nodeRedis(() => ({ host: "127.0.0.1", port: redis.port }))),
    away: () => redis.kill("SIGSTOP"),
    back: () => redis.kill("SIGCONT"),
  },
  {
    server: "a Redis cluster",
    make: () => handlesOf(nodeRedisCluster(() => cluster.addresses)),
    away: signal("SIGSTOP"),
    back: signal("SIGCONT"),
  },
];

/** Three handles, each as a replica of the app has one. */
async function threeOn(make: () => Promise<StoreUnderTest>) {
  const { store, another, dispose } = await make();
  const others = await Promise.all([another?.(), another?.()]);
  const stores = [store, ...others.filter((one) => one !== undefined)];
  return {
    stores,
    store,
    async [Symbol.asyncDispose]() {
      for (const one of stores) await one.close();
      await dispose?.();
    },
  };
}

function appOn(store: SessionStore, clock = manualClock(NOW)) {
  const auth = coatcheck<{ readonly edits?: readonly string[] }>({ publicUrl: LOOPBACK, secrets: SECRET, store, clock });
  const ask = (cookie: string, path = "/", method = "GET") => {
    const headers = { cookie, "sec-fetch-site": "same-origin" };
    return auth.handle(new Request(`${LOOPBACK}${path}`, { method, headers }), async (session) => {
      const edit = new URL(path, LOOPBACK).searchParams.get("edit");
      if (edit !== null) session.update((data) => ({ edits: [...(data.edits ?? []), edit] }));
      if (path === "/logout") session.logout();
      return Response.json({ who: session.identity?.subject ?? null, edits: session.data.edits ?? [] });
    });
  };
  return { auth, clock, ask };
}

for (const { server, make, away, back } of SERVERS) {
  test(`SE-11 of 50 logins at once over three replicas, limited to 3, exactly 3 live: ${server}`, async () => {
    await using on = await threeOn(make);
    const replicas = on.stores.map((store, index) => replica(store, { skew: index, start: NOW }));
    const { statuses, cookies } = await storm(replicas);
    assert.deepEqual([count(statuses, 200), count(statuses, 401)], [3, 47]);
    const rows = await Promise.all(cookies.map(async (cookie) => on.store.get(idOf(cookie))));
    assert.deepEqual(new Set(rows.filter((row) => row?.ended != null).map((row) => row?.reason)), new Set(["replaced"]));
    for (const { auth } of replicas) await auth.close();
  });

  test(`SE-12 parallel edits over three replicas lose none, and a late one revives nothing: ${server}`, async () => {
    await using on = await threeOn(make);
    const apps = on.stores.map((store) => appOn(store));
    const [one] = apps;
    assert.ok(one !== undefined);
    const cookie = await signIn(one.auth, { subject: "alice" });
    const names = Array.from({ length: 9 }, (_, index) => `e${index}`);
    const edits = await Promise.all(names.map((name, at) => (apps[at % 3] ?? one).ask(cookie, `/?edit=${name}`, "POST")));
    assert.deepEqual(new Set(edits.map(({ status }) => status)), new Set([200]));
    const { edits: kept } = await (await one.ask(cookie)).json();
    assert.deepEqual(kept.toSorted(), names);
    const row = await on.store.get(idOf(cookie));
    assert.ok(row !== undefined);
    assert.equal((await (apps[1] ?? one).ask(cookie, "/logout", "POST")).status, 200);
    for (const late of on.stores) {
      assert.equal(await late.put({ ...row, version: row.version + 7 }, row.version), false);
      assert.equal(await late.touch(row.id, NOW + HOUR), false);
      assert.equal(await late.put(row, "absent"), false);
    }
    for (const { ask } of apps) assert.equal((await (await ask(cookie)).json()).who, null);
    for (const { auth } of apps) await auth.close();
  });

  test(`SE-16 while the server is away all get 503 and keep their cookie; then they are there: ${server}`, async () => {
    await using on = await threeOn(make);
    const auth = coatcheck({ publicUrl: LOOPBACK, secrets: SECRET, store: on.store, storeTimeout: 500, on: () => undefined });
    const cookie = await signIn(auth, { subject: "alice" });
    const ask = () =>
      auth.handle(new Request(LOOPBACK, { headers: { cookie } }), ({ identity }) => Response.json(identity?.subject ?? null));
    await away();
    const refused = await ask();
    assert.deepEqual([refused.status, refused.headers.getSetCookie()], [503, []]);
    await back();
    await eventually("the store answers again", async () => (await ask()).status === 200);
    assert.equal(await (await ask()).json(), "alice");
    await auth.close();
  });

  test(`S-52 however many requests come, activity is written once in a twentieth of the idle time: ${server}`, async () => {
    await using on = await threeOn(make);
    const touches: unknown[] = [];
    const counted = overStore(on.store, {
      touch(id, seen) {
        const touched = on.store.touch(id, seen);
        touches.push(touched);
        return touched;
      },
    });
    const { auth, ask, clock } = appOn(counted);
    const cookie = await signIn(auth, { subject: "alice" });
    for (let minute = 0; minute < 9; minute++) {
      for (let request = 0; request < 5; request++) {
        assert.equal((await ask(cookie)).status, 200);
        await Promise.all(touches);
      }
      clock.advance(60_000);
    }
    await auth.close();
    assert.equal(touches.length, 2);
    assert.equal((await on.store.get(idOf(cookie)))?.seen, NOW + 6 * 60_000);
  });

  test(`SE-17 S-50 S-51 three replicas sweep at once; what lives, is leased or in its grace stays: ${server}`, async () => {
    await using on = await threeOn(make);
    const live = { created: NOW, seen: NOW, expires: NOW + HOUR };
    const stays = [
      sampleRow(live),
      sampleRow({ ...live, seen: NOW - 3 * HOUR, lease: "held" }),
      sampleRow({ ...live, previousHash: "before", previousUntil: NOW + HOUR }),
    ];
    const dead = Array.from({ length: 300 }, () =>
      sampleRow({ created: NOW - 2 * HOUR, seen: NOW - 2 * HOUR, expires: NOW - 1 }),
    );
    for (const row of [...stays, ...dead]) assert.equal(await on.store.put(row, "absent"), true);
    await on.store.mark("flow:live", NOW + HOUR, NOW, "x");
    const auths = on.stores.map((store) => coatcheck({ publicUrl: LOOPBACK, secrets: SECRET, store }));
    await Promise.all(auths.map(({ sweep }) => sweep().then(() => undefined)));
    if (on.store.capabilities.expires !== true) for (const { id } of dead) assert.equal(await on.store.get(id), undefined);
    for (const { id } of stays) assert.equal((await on.store.get(id))?.ended, null);
    assert.equal(await on.store.marked("flow:live", NOW), "x");
    for (const auth of auths) await auth.close();
  });

  test(`S-37 CR-08 a rotation of the secret over two replicas loses no session and no token: ${server}`, async () => {
    await using on = await threeOn(make);
    const [OLD, NEW] = [SECRET, randomBytes(32).toString("base64url")];
    const clock = manualClock(NOW);
    const provider = fakeProvider({ users: [] });
    const replicas = on.stores.slice(1).map((store) => coatcheck({ publicUrl: LOOPBACK, secrets: OLD, store, clock, provider }));
    const tokens = { subject: "alice", accessToken: "at-1", accessTokenExpiresIn: 20 * 60_000 };
    const [one, two] = replicas;
    assert.ok(one !== undefined && two !== undefined);
    const cookies = [await signIn(one, tokens), await signIn(two, tokens)] as const;
    const ask = (auth: typeof one, cookie: string, act: (session: Session<JsonObject>) => unknown) =>
      auth.handle(
        new Request(LOOPBACK, { method: "POST", headers: { cookie, "sec-fetch-site": "same-origin" } }),
        async (session) => Response.json([session.identity?.subject, await act(session)]),
      );
    const token = (session: Session<JsonObject>) => session.accessToken().catch(({ code }) => code);
    const all = async (): Promise<readonly unknown[]> =>
      Promise.all(replicas.flatMap((auth) => cookies.map(async (cookie) => (await ask(auth, cookie, token)).json())));
    const each = Array(4).fill(["alice", "at-1"]);
    for (const [at, secrets] of [
      [0, [OLD, NEW]],
      [1, [OLD, NEW]],
      [0, [NEW, OLD]],
      [1, [NEW, `${OLD} until ${new Date(NOW + HOUR / 2).toISOString()}`]],
    ] as const) {
      replicas[at]?.changeKeys({ secrets });
      assert.deepEqual(await all(), each, String(secrets.length));
    }
    // Only what is written since is sealed anew.
    assert.equal((await ask(one, cookies[0], (session) => session.set({ edit: 1 }))).status, 200);
    one.changeKeys({ secrets: NEW });
    assert.deepEqual(await (await ask(one, cookies[1], token)).json(), ["alice", "ERR_TOKEN_UNAVAILABLE"]);
    for (const auth of replicas) assert.deepEqual(await (await ask(auth, cookies[0], token)).json(), ["alice", "at-1"]);
    assert.deepEqual([two.keys.opens.length, one.keys.opens], [2, [two.keys.seals]]);
    clock.advance(HOUR / 2);
    assert.deepEqual(two.keys.opens, one.keys.opens);
    for (const auth of replicas) await auth.close();
  });
}
