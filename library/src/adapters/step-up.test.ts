/** Routes that ask for a recent or a strong sign-in, and forms that met one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import framework from "express";
import { Hono } from "hono";
import { authWith } from "../../test-support/auth.ts";
import { LOOPBACK } from "../../test-support/origin.ts";
import { NAVIGATION } from "../../test-support/requests.ts";
import { listen, say } from "../../test-support/talk.ts";
import type { RequireUser } from "../adapter/fetch.ts";
import type { JsonObject } from "../contracts.ts";
import type { Auth } from "../http/auth.ts";
import { fakeProvider } from "../testing/fake-provider.ts";
import { manualClock } from "../testing/manual-clock.ts";
import { signIn } from "../testing/sign-in.ts";
import { coatcheckExpress } from "./express.ts";
import { coatcheckFetch } from "./fetch.ts";
import { coatcheckHono } from "./hono.ts";
import { coatcheckNode } from "./node.ts";

const MINUTE = 60_000;
const FORM = "application/x-www-form-urlencoded";
const SAME_SITE = { "sec-fetch-site": "same-origin", origin: LOOPBACK };
const CART = "item=hat&item=coat&note=two%0D%0Alines+%26+more&empty=";

interface Asked {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}
interface Answer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly cookies: readonly string[];
  readonly text: string;
}
type Serve = (asked: Asked) => Promise<Answer>;
/** A shop: `/cart` asks for a recent sign-in, and says what arrived there. */
type Shop = (
  auth: Auth<JsonObject>,
  asks: RequireUser,
  arrived: (body: string) => void,
  run: (serve: Serve) => Promise<void>,
) => Promise<void>;

/** Through a socket, as what node:http serves is asked. */
const over =
  (port: number): Serve =>
  async ({ url, method, headers, body }) => {
    const { pathname, search } = new URL(url);
    const given = body === undefined ? {} : { body };
    const heard = await say(port, pathname + search, { method, headers: { ...headers }, ...given });
    const lines = Object.entries(heard.headers).flatMap(([name, value]) =>
      typeof value === "string" ? [[name, value] as const] : [],
    );
    return { status: heard.status, headers: new Map(lines), cookies: heard.cookies, text: heard.text };
  };

/** What is served in the Fetch style. */
const within =
  (serve: (request: Request) => Response | Promise<Response>): Serve =>
  async ({ url, method, headers, body }) => {
    const response = await serve(new Request(url, { method, headers: { ...headers }, ...(body === undefined ? {} : { body }) }));
    const { status, headers: lines } = response;
    return { status, headers: new Map(lines), cookies: lines.getSetCookie(), text: await response.text() };
  };

const read = async (stream: AsyncIterable<Uint8Array>): Promise<string> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

const SHOPS: { readonly [name: string]: Shop } = {
  async fetch(auth, asks, arrived, run) {
    const serve = coatcheckFetch(auth).userHandler(async (_session, request) => {
      arrived(await request.text());
      return new Response("thanks");
    }, asks);
    await run(within(serve));
  },
  async node(auth, asks, arrived, run) {
    const serve = coatcheckNode(auth).userHandler(async (request, response) => {
      arrived(await read(request));
      response.end("thanks");
    }, asks);
    await using server = await listen(serve);
    await run(over(server.port));
  },
  async express(auth, asks, arrived, run) {
    const web = coatcheckExpress(auth);
    const app = framework();
    app.use(web.session(), web.routes());
    app.all("/cart", web.requireUser(asks), async (request, response) => {
      arrived(await read(request));
      response.send("thanks");
    });
    await using server = await listen(app);
    await run(over(server.port));
  },
  async "express behind a parser of forms"(auth, asks, arrived, run) {
    const web = coatcheckExpress(auth);
    const app = framework();
    app.use(framework.urlencoded({ extended: false }), web.session(), web.routes());
    app.all("/cart", web.requireUser(asks), (request, response) => {
      const form = new URLSearchParams();
      for (const [name, value] of Object.entries(request.body ?? {}))
        for (const one of [value].flat()) form.append(name, String(one));
      arrived(form.toString());
      response.send("thanks");
    });
    await using server = await listen(app);
    await run(over(server.port));
  },
  async hono(auth, asks, arrived, run) {
    const on = coatcheckHono(auth);
    const app = new Hono().use(on.session()).all("/cart", on.requireUser(asks), async (c) => {
      arrived(await c.req.text());
      return c.text("thanks");
    });
    await run(within((request) => app.request(request)));
  },
};

const PROVIDER = { users: [{ subject: "alice" }, { subject: "bob" }] };

/** A browser with cookies at a shop, and a clock. */
async function inShop(shop: Shop, asks: RequireUser, run: (world: World) => Promise<void>): Promise<void> {
  const clock = manualClock();
  const provider = fakeProvider({ ...PROVIDER, clock });
  const { auth } = authWith({ publicUrl: LOOPBACK, provider, clock });
  const arrived: string[] = [];
  const jar = new Map<string, string>();
  await shop(
    auth,
    asks,
    (body) => arrived.push(body),
    async (serve) => {
      const send: World["send"] = async (method, target, { headers = {}, body } = {}) => {
        const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
        const sent = { host: new URL(LOOPBACK).host, ...(cookie === "" ? {} : { cookie }), ...headers };
        const answer = await serve({ url: `${LOOPBACK}${target}`, method, headers: sent, body });
        for (const line of answer.cookies) {
          const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
          if (value === "") jar.delete(name);
          else jar.set(name, value);
        }
        return { ...answer, location: answer.headers.get("location") ?? "" };
      };
      const open = (target: string) => send("GET", target, { headers: NAVIGATION });
      const submit = (target: string, body = CART, type = FORM) =>
        send("POST", target, { headers: { ...NAVIGATION, ...SAME_SITE, "content-type": type }, body });
      const throughLogin = async (login: string, subject = "alice") => {
        const begun = await open(login);
        assert.equal(begun.status, 302, begun.text);
        const { pathname, search } = new URL(provider.approve(begun.location, subject));
        return (await open(pathname + search)).location;
      };
      const world = { clock, auth, arrived, send, open, submit, throughLogin, jar };
      jar.set(...pairOf(await signIn(auth, { issuer: "https://provider.test", subject: "alice" })));
      await run(world);
    },
  );
}

const pairOf = (cookie: string): [name: string, value: string] => {
  const at = cookie.indexOf("=");
  return [cookie.slice(0, at), cookie.slice(at + 1)];
};

interface Seen extends Answer {
  readonly location: string;
}

interface World {
  readonly clock: ReturnType<typeof manualClock>;
  readonly auth: Auth<JsonObject>;
  readonly arrived: readonly string[];
  readonly jar: Map<string, string>;
  send(method: string, target: string, given?: { headers?: Record<string, string>; body?: string }): Promise<Seen>;
  open(target: string): Promise<Seen>;
  submit(target: string, body?: string, type?: string): Promise<Seen>;
  /** Signs in at the provider; answers where that led. */
  throughLogin(login: string, subject?: string): Promise<string>;
}

/** What the page's form would send, and where. */
function formOn(page: string): { readonly action: string; readonly body: string } {
  const plain = (text: string): string =>
    text.replace(/&(amp|lt|gt|quot|#39|#x27|#10|#13);/g, (_, name: string) => ENTITIES[name] ?? assert.fail(name));
  const [, action = ""] = /<form[^>]* action="([^"]*)"/.exec(page) ?? assert.fail(page);
  const fields = [...page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)];
  return {
    action: plain(action),
    body: new URLSearchParams(fields.map(([, name = "", value = ""]) => [plain(name), plain(value)])).toString(),
  };
}
const ENTITIES: { readonly [name: string]: string } = {
  ...{ amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", "#x27": "'", "#10": "\n", "#13": "\r" },
};

for (const [name, shop] of Object.entries(SHOPS)) {
  test(`ID-10 a page that asks for a recent sign-in sends its user to one and back, on ${name}`, () =>
    inShop(shop, { maxAge: "5m", acr: ["gold", "silver"] }, async ({ clock, open, send }) => {
      const weak = await open("/cart?of=mine");
      assert.equal(weak.location, "/auth/login?return_to=%2Fcart%3Fof%3Dmine&max_age=300&acr_values=gold+silver");
      clock.advance(6 * MINUTE);
      const script = await send("GET", "/cart", { headers: { accept: "application/json" } });
      assert.deepEqual([script.status, JSON.parse(script.text).code], [401, "ERR_STEP_UP"]);
      const challenge = 'Bearer error="insufficient_user_authentication", acr_values="gold silver", max_age="300"';
      assert.equal(script.headers.get("www-authenticate"), challenge);
    }));

  test(`ID-10 the form that met a step-up arrives exactly once, on ${name}`, () =>
    inShop(shop, { maxAge: "5m" }, async ({ clock, arrived, open, submit, throughLogin }) => {
      assert.equal((await submit("/cart")).text, "thanks");
      assert.equal(arrived.length, 1);
      clock.advance(5 * MINUTE + 1);
      const stopped = await submit("/cart?step=2");
      assert.equal(stopped.status, 303);
      assert.match(stopped.location, /^\/auth\/login\?return_to=%2Fauth%2Fcontinue%3Fform%3D[\w-]{22}&max_age=300$/);
      assert.equal(arrived.length, 1);
      const page = await throughLogin(stopped.location);
      const asked = await open(page);
      assert.equal(asked.status, 200);
      assert.equal(asked.headers.get("cache-control"), "no-store");
      const { action, body } = formOn(asked.text);
      assert.match(action, /^\/cart\?step=2&coatcheck_form=[\w-]{22}$/);
      assert.equal(body, CART);
      // A double click, the way back, a reload, another tab.
      const answers = await Promise.all([submit(action, body), submit(action, body)]);
      assert.deepEqual(
        answers.map(({ status }) => status).toSorted((a, b) => a - b),
        [200, 303],
      );
      assert.equal((await submit(action, body)).location, page);
      assert.deepEqual(arrived, [CART, CART]);
      assert.match((await open(page)).text, /This was sent already/);
    }));
}

const [FETCH] = Object.values(SHOPS);
const inPlainShop = (asks: RequireUser, run: (world: World) => Promise<void>) => inShop(FETCH ?? assert.fail(), asks, run);

test("ID-10 another user than the one who filled it in neither sees the form nor sends it", () =>
  inPlainShop({ maxAge: "5m" }, async ({ clock, arrived, open, submit, throughLogin }) => {
    clock.advance(6 * MINUTE);
    const page = await throughLogin((await submit("/cart")).location, "bob");
    const seen = await open(page);
    assert.equal(seen.status, 410);
    assert.doesNotMatch(seen.text, /"hat"|coat/);
    assert.deepEqual(arrived, []);
  }));

test("HD-03 a form whose address a browser would read as another host's is not kept", () =>
  inPlainShop({ maxAge: "5m" }, async ({ clock, submit, throughLogin }) => {
    for (const target of ["//evil.example/cart", "/\\evil.example/cart"]) {
      clock.advance(6 * MINUTE);
      assert.equal(await throughLogin((await submit(target)).location), "/auth/continue?back=%2F", target);
    }
  }));

test("ID-10 what cannot be kept is not lost without a word: files, long forms, other types", () =>
  inPlainShop({ maxAge: "5m" }, async ({ clock, open, submit, throughLogin, arrived }) => {
    for (const [body, type] of [
      ["--x--", "multipart/form-data; boundary=x"],
      [`note=${"x".repeat(65_536)}`, FORM],
      ["{}", "text/plain"],
    ] as const) {
      clock.advance(6 * MINUTE);
      const page = await throughLogin((await submit("/cart", body, type)).location);
      assert.equal(page, "/auth/continue?back=%2F", type);
      assert.match((await open(page)).text, /was not kept/);
    }
    assert.deepEqual(arrived, []);
  }));

test("ID-10 a form is kept for a quarter of an hour; sent too late it is kept again", () =>
  inPlainShop({ maxAge: "5m" }, async ({ clock, open, submit, throughLogin, arrived }) => {
    clock.advance(6 * MINUTE);
    const page = await throughLogin((await submit("/cart")).location);
    const { action, body } = formOn((await open(page)).text);
    clock.advance(6 * MINUTE);
    const again = await submit(action, body);
    assert.match(again.location, /continue%3Fform%3D/);
    clock.advance(10 * MINUTE);
    assert.equal((await open(page)).status, 410);
    const last = await throughLogin(again.location);
    const kept = formOn((await open(last)).text);
    assert.match(kept.action, /^\/cart\?coatcheck_form=[\w-]{22}$/);
    assert.equal((await submit(kept.action, kept.body)).text, "thanks");
    assert.deepEqual(arrived, [CART]);
  }));

test("ID-10 without a session the page of a kept form leads to the login, and tells a script nothing", () =>
  inPlainShop({ maxAge: "5m" }, async ({ clock, open, send, submit, jar }) => {
    clock.advance(6 * MINUTE);
    const { location } = await submit("/cart");
    const page = new URL(location, LOOPBACK).searchParams.get("return_to") ?? "";
    assert.equal((await send("GET", page)).status, 401);
    jar.clear();
    assert.equal((await open(page)).location, `/auth/login?return_to=${encodeURIComponent(page)}`);
  }));

test("ID-10 a step-up that can mean nothing is refused when the route is made", () => {
  const { auth } = authWith({ publicUrl: LOOPBACK });
  const web = coatcheckExpress(auth);
  for (const [asks, message] of [
    [{ maxAge: "10s" }, /^TypeError: maxAge is 10s; it can be from 1m to 365d$/],
    [{ acr: [] }, /^TypeError: acr is a text, or a list of one text at least$/],
    [{ acr: 'a"b' }, /^TypeError: acr names "a\\"b", which has blanks/],
    [{ acr: ["x".repeat(257)] }, /^TypeError: acr has more than 256 characters$/],
  ] as const) {
    assert.throws(() => web.requireUser(asks), message);
  }
});
