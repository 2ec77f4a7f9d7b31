import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { ORIGIN, SECRET } from "../../test-support/origin.ts";
import { sealedWorld } from "../../test-support/sealed-world.ts";
import type { SessionStore } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import { type CoatcheckOptions, coatcheck } from "../index.ts";
import { sealedCookie } from "../stores/cookie.ts";
import { memory } from "../stores/memory.ts";
import { RULES } from "./sealed-refusals.ts";

type Options = Partial<CoatcheckOptions<unknown>>;

const CONFIG = { issuer: "https://id.example.com", clientId: "app", clientSecret: "secret" };
const NEVER = { policy: "never" } as const;

/** What refuses each setting, and what beside the edge does not. `marks`: only for a cookie alone. */
const TABLE: { readonly [setting: string]: { readonly given: Options; readonly fits: Options; readonly marks?: true } } = {
  "session.maxPerUser": { given: { session: { maxPerUser: 3 } }, fits: { session: { maxPerUser: null } } },
  tokens: { given: { tokens: { audiences: {} } }, fits: {} },
  "keep.userAgent": { given: { keep: { userAgent: true } }, fits: { keep: { userAgent: false } } },
  "keep.address": { given: { keep: { address: "truncated" } }, fits: { keep: { address: false } } },
  "refresh.policy": { given: { provider: CONFIG }, fits: { provider: CONFIG, refresh: NEVER } },
  "refresh.background": { given: { refresh: { background: true } }, fits: { refresh: { background: false } } },
  frontchannelLogout: { given: { frontchannelLogout: true }, fits: { frontchannelLogout: false }, marks: true },
  "provider.backchannelLogoutSessionRequired": {
    given: { provider: { ...CONFIG, backchannelLogoutSessionRequired: true }, refresh: NEVER },
    fits: { provider: { ...CONFIG, backchannelLogoutSessionRequired: false }, refresh: NEVER },
    marks: true,
  },
};

function begun(options: Options, marks?: SessionStore): string {
  const store = sealedCookie(marks === undefined ? {} : { marks });
  try {
    void coatcheck<unknown>({ publicUrl: ORIGIN, secrets: SECRET, ...options, store, on: () => undefined }).close();
    return "begun";
  } catch (error) {
    assert.ok(error instanceof CoatcheckError && error.code === "ERR_CONFIG", String(error));
    return error.message;
  }
}

describe("what sealed cookies cannot keep", () => {
  test("SE-08 the start is refused, setting by setting, and says what to do", () => {
    assert.deepEqual(
      Object.keys(TABLE),
      RULES.map(({ setting }) => setting),
    );
    for (const [setting, { given, fits, marks }] of Object.entries(TABLE)) {
      assert.ok(begun(given).startsWith(`${setting} cannot be kept while sessions are in their cookies (cookie:)\n  `), setting);
      assert.match(begun(given), /Leave it out|Say refresh/, setting);
      assert.equal(begun(fits), "begun", setting);
      assert.equal(begun(given, memory()) === "begun", marks === true, setting);
    }
  });

  test("SE-08 several are named together", () => {
    const message = begun({ session: { maxPerUser: 3 }, keep: { userAgent: true } });
    assert.match(message, /^session\.maxPerUser cannot .*\n.*\nkeep\.userAgent cannot /);
  });

  test("SE-08 docs/stores.md has each of them in its table", () => {
    const page = readFileSync(new URL("../../../docs/stores.md", import.meta.url), "utf8");
    const [, section = ""] = page.split("\n## sealed cookie\n");
    for (const { setting } of RULES) {
      const name = setting.replace(/^provider\./, "").replace(/^(?:keep|refresh)\..*/, (whole) => whole.split(".")[0] ?? "");
      assert.ok(section.includes(`\`${name}`), setting);
    }
  });

  test("SE-08 what is asked for later is refused by a code that says what would help", async () => {
    const alone = sealedWorld().replicas[0] ?? assert.fail();
    const marked = sealedWorld(memory()).replicas[0] ?? assert.fail();
    const notOffered = (message: RegExp) => (error: unknown) =>
      error instanceof CoatcheckError && error.code === "ERR_NOT_OFFERED" && error.status === 501 && message.test(error.message);
    for (const auth of [alone, marked]) {
      await assert.rejects(auth.sessions.list("app alice"), notOffered(/^sessions\.list\(\) .* take a store that keeps/));
      await assert.rejects(auth.sessions.show("A".repeat(22)), notOffered(/^sessions\.show\(\)/));
    }
    await assert.rejects(alone.endAll("app alice"), notOffered(/^endAll\(\) .* cookie\+<store>/));
    await assert.rejects(alone.sessions.end("A".repeat(22), "admin"), notOffered(/^sessions\.end\(\)/));
    const signedOut = { issuer: "i", subject: "s", sid: null, issuedAt: 1 };
    await assert.rejects(alone.sessions.signedOut(signedOut), notOffered(/^a logout by the provider/));
    assert.equal(await marked.endAll("app alice"), 0);
    assert.equal(await marked.sessions.signedOut(signedOut), 0);
  });

  test("SE-08 a session that cannot do it says so: rotate, signal and accessToken", async () => {
    const request = new Request(ORIGIN);
    const what = async (marks: SessionStore | null, act: (session: Parameters<Handler>[0]) => unknown): Promise<unknown> => {
      const auth = sealedWorld(marks).replicas[0] ?? assert.fail();
      const answer = await auth.handle(request, async (session) => {
        session.login({ issuer: "app", subject: "alice" });
        await act(session);
        return new Response();
      });
      return answer.status;
    };
    type Handler = Parameters<ReturnType<typeof coatcheck<unknown>>["handle"]>[1];
    assert.equal(await what(null, (session) => session.rotate()), 501);
    assert.equal(await what(null, (session) => session.signal), 501);
    assert.equal(await what(null, (session) => session.accessToken()), 501);
    assert.equal(await what(memory(), (session) => session.rotate()), 200);
    assert.equal(await what(memory(), (session) => session.signal), 200);
    assert.equal(await what(memory(), (session) => session.accessToken()), 501);
  });
});
