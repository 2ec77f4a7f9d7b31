/** `npm start -- --check`: walks through the demo as a browser would and reports each step. */
import assert from "node:assert/strict";
import type { Demo } from "./demo.ts";
import { formOf, Visitor } from "./visitor.ts";

const LONGEST_STEP = 30_000;
/** On http the port is in the name. */
const cookieName = ({ url }: Demo): string => `coatcheck-${new URL(url).port}`;
const NOTE = "The umbrella is blue";

interface Step {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** Signs in at the provider's page, wherever in the app that begins. */
export async function signIn(visitor: Visitor, { url, issuer }: Demo, person: string): Promise<void> {
  const login = await visitor.go(`${url}/auth/login?return_to=%2Fdesk`);
  assert.equal(
    login.url.origin,
    issuer,
    `the login should lead to the provider, not to ${login.url.origin}${login.url.pathname}`,
  );
  const { action, fields } = formOf(login);
  const landed = await visitor.go(action, { form: { ...fields, pick: person } });
  assert.equal(landed.status, 200, `after the login came ${landed.status}`);
  assert.equal(`${landed.url.origin}${landed.url.pathname}`, `${url}/desk`);
}

/** What `GET /auth/session` says to a caller who holds a cookie and nothing else. */
export async function statusWith(cookie: string, demo: Demo): Promise<number> {
  const { status } = await new Visitor().ask(`${demo.url}/auth/session`, { cookie: `${cookieName(demo)}=${cookie}` });
  return status;
}

/** Every step of the demo's own proof, in order. */
function steps(demo: Demo): readonly Step[] {
  const { url, issuer } = demo;
  const host = new URL(url).hostname;
  const [alice, bob] = [new Visitor(), new Visitor()];
  let copied = "";
  const desk = async (visitor: Visitor) => {
    const page = await visitor.go(`${url}/desk`);
    assert.equal(page.status, 200);
    return page.body;
  };
  return [
    {
      name: "an anonymous caller is sent to the provider's login page",
      async run() {
        const page = await new Visitor().go(`${url}/desk`);
        assert.equal(page.url.origin, issuer);
        assert.match(page.body, /Who are you today/);
        assert.equal((await new Visitor().ask(`${url}/desk`)).status, 401);
      },
    },
    {
      name: "alice signs in, and the app reads who she is",
      async run() {
        await signIn(alice, demo, "alice");
        assert.match(await desk(alice), /Hello, alice\./);
        const { status, body } = await alice.ask(`${url}/auth/session`);
        assert.equal(status, 200);
        const { identity } = JSON.parse(body);
        assert.deepEqual([identity.issuer, identity.subject, identity.claims.email], [issuer, "alice", "alice@example.com"]);
        assert.equal(demo.issued.count("RefreshToken"), 1, "the provider should have issued a refresh token");
      },
    },
    {
      name: "alice writes session data and reads it back",
      async run() {
        const page = await alice.go(`${url}/desk/notes`, { form: { note: NOTE } });
        assert.equal(page.status, 200);
        assert.ok(page.body.includes(NOTE) && (await desk(alice)).includes(NOTE), "the note should be on the page");
      },
    },
    {
      name: "bob signs in elsewhere and sees nothing of hers",
      async run() {
        await signIn(bob, demo, "bob");
        const page = await desk(bob);
        assert.match(page, /Hello, bob\./);
        assert.ok(!page.includes(NOTE) && !page.includes("alice"), "bob should see nothing of alice's");
      },
    },
    {
      name: "alice's cookie, copied, works while she is signed in",
      async run() {
        copied = alice.cookie(host, cookieName(demo)) ?? assert.fail("alice should have a session cookie");
        assert.equal(await statusWith(copied, demo), 200);
      },
    },
    {
      name: "alice signs out, here and at the provider",
      async run() {
        const page = await alice.go(`${url}/auth/logout`, { form: {} });
        assert.equal(page.url.origin, issuer);
        const { action, fields } = formOf(page);
        const landed = await alice.go(action, { form: fields });
        assert.equal(landed.url.href, `${url}/signed-out`);
        assert.match(landed.body, /You are signed out/);
        assert.ok(!alice.cookies(host).includes(cookieName(demo)), "the session cookie should be gone");
      },
    },
    {
      name: "the copied cookie is dead: 401",
      async run() {
        assert.equal(await statusWith(copied, demo), 401);
        const page = await new Visitor().ask(`${url}/desk`, { cookie: `${cookieName(demo)}=${copied}` });
        assert.equal(page.status, 401);
      },
    },
    {
      name: "bob is still signed in",
      async run() {
        assert.match(await desk(bob), /Hello, bob\./);
      },
    },
    {
      name: "bob signs out at the provider alone, which tells the gateway: he is signed out here",
      async run() {
        const cookie = bob.cookie(host, cookieName(demo)) ?? assert.fail("bob should have a session cookie");
        assert.equal(await statusWith(cookie, demo), 200);
        const { action, fields } = formOf(await bob.go(`${issuer}/session/end`));
        assert.equal((await bob.go(action, { form: fields })).status, 200);
        assert.equal(await statusWith(cookie, demo), 401);
      },
    },
  ];
}

/**
 * Goes through the whole demo over HTTP, one line a step. Answers whether all went well; stops at the first step that
 * did not.
 */
export async function check(demo: Demo, say: (line: string) => void): Promise<boolean> {
  for (const { name, run } of steps(demo)) {
    const begun = performance.now();
    try {
      await within(run());
    } catch (error) {
      say(`FAIL  ${name}`);
      say(`      ${error instanceof Error ? error.message.replaceAll("\n", "\n      ") : String(error)}`);
      return false;
    }
    say(`ok    ${name} (${Math.round(performance.now() - begun)} ms)`);
  }
  return true;
}

async function within(work: Promise<void>): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${LONGEST_STEP / 1000} s`)), LONGEST_STEP);
  await Promise.race([work, promise]).finally(() => clearTimeout(timer));
}
