/** A gateway whose users sign in at GitHub, as it is played: who passes, what the app is told, how a session ends. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type PlayedProvider, playedProvider } from "coatcheck/testing";
import { Browser } from "../test-support/browser.ts";
import { type FullGateway, ORIGIN, PAGE, SCRIPT, startFullGateway } from "../test-support/full-gateway.ts";
import { movingClock } from "../test-support/moving-clock.ts";

const HOUR = 3_600_000;
let github: PlayedProvider;
let gateway: FullGateway;
const clock = movingClock();
const open = new AsyncDisposableStack();

before(async () => {
  github = await playedProvider({ preset: "github", user: { groups: ["acme", "acme:developers"] } });
  open.defer(() => github.close());
  gateway = open.use(
    await startFullGateway({
      world: { clock },
      config: {
        providers: [{ ...github.config, askGroups: true }],
        session: { idle: "24h", lifetime: "24h" },
      },
      upstreams: [
        { access: "user" },
        { access: "groups", groups: ["acme:developers"], paths: ["/code"] },
        { access: "groups", groups: ["acme:owners"], paths: ["/owners"], providers: ["github"] },
      ],
      app: (message, response) => {
        const { "x-auth-request-user": user, "x-auth-request-email": email } = message.headers;
        response.end(`${String(user)} ${String(email)}`);
      },
    }),
  );
});
after(() => open.disposeAsync());

/** A browser that signs in there. */
async function signedIn(): Promise<Browser> {
  const browser = new Browser();
  const landed = await browser.send(gateway.port, github.approve(await browser.begin(gateway.port)), { headers: PAGE });
  assert.equal(landed.status, 303, landed.text);
  return browser;
}

test("F-32, ID-14 users of GitHub pass by their teams, and the app is told their id and proven address", async () => {
  const browser = await signedIn();
  const at = async (path: string) => browser.send(gateway.port, path, { headers: SCRIPT });
  assert.equal((await at("/a")).text, "583231 octocat@example.com");
  assert.equal((await at("/code")).status, 200);
  assert.equal((await at("/owners")).status, 403);
  // A team is left and another joined: within the hour nothing is asked, after it the claims follow.
  github.user = { groups: ["acme:owners"] };
  assert.equal((await at("/owners")).status, 403);
  clock.pass(HOUR);
  assert.equal((await at("/owners")).status, 200);
  assert.equal((await at("/code")).status, 403);
});

test("CB-04, F-31 its answers come to an address with its name, and a revoked token ends the session", async () => {
  const browser = new Browser();
  const asked = new URL(await browser.begin(gateway.port)).searchParams;
  assert.equal(asked.get("redirect_uri"), `${ORIGIN}/auth/callback/github`);
  const signed = await signedIn();
  github.refuses = "revoked";
  clock.pass(HOUR);
  assert.equal((await signed.send(gateway.port, "/a", { headers: SCRIPT })).status, 401);
  github.refuses = "limit";
  const answer = await browser.send(gateway.port, github.approve(await browser.begin(gateway.port)), { headers: PAGE });
  assert.equal(answer.status, 503);
  github.refuses = null;
});

test("AR-08, F-15 several providers are chosen from on a page, and the app never sees what is remembered", async () => {
  await using discord = { ...(await playedProvider({ preset: "discord" })), [Symbol.asyncDispose]: () => discord.close() };
  await using several = await startFullGateway({
    world: {},
    config: { providers: [github.config, { ...discord.config, domains: ["example.com"] }], loginChooser: true },
    upstream: { access: "user" },
  });
  const browser = new Browser();
  const page = await browser.send(several.port, "/auth/login", { headers: PAGE });
  assert.equal(page.status, 200);
  assert.match(page.text, /Continue with GitHub.*Continue with Discord/s);
  const begun = await browser.send(several.port, "/auth/login?login_hint=a%40example.com", { headers: PAGE });
  const back = discord.approve(begun.headers.location ?? "");
  assert.equal((await browser.send(several.port, back, { headers: PAGE })).status, 303);
  assert.equal((await browser.send(several.port, "/a", { headers: SCRIPT })).status, 200);
  assert.match(browser.cookie, /\.provider=discord/);
  assert.equal(several.seen.at(-1)?.headers.cookie, undefined);
  assert.equal(several.seen.at(-1)?.headers["x-auth-request-issuer"], discord.config.issuer);
});
