/** Several providers at one site: the page to choose from, what a link and a domain decide, and whose answer counts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { closingAfterEach } from "../../../test-support/closing.ts";
import { ORIGIN, SECRET } from "../../../test-support/origin.ts";
import { signInAt } from "../../../test-support/provider/played-site.ts";
import { siteWith } from "../../../test-support/site.ts";
import { aboutProvider, coatcheck, oauth2 } from "../../index.ts";
import { memory } from "../../stores/memory.ts";
import { playedProvider } from "../../testing/played-provider.ts";

const closing = closingAfterEach();
const DISCORD = { name: "chat", title: "Chat & games", domains: ["Example.com"] };

/** A site with GitHub and Discord. */
async function both(loginChooser: boolean) {
  const github = await playedProvider({ preset: "github" });
  const discord = await playedProvider({ preset: "discord", user: { id: "7" } });
  const providers = [oauth2(github.config), oauth2({ ...discord.config, ...DISCORD })];
  const site = siteWith({ providers, ...(loginChooser ? { loginChooser } : {}) });
  for (const { close } of [github, discord, site]) closing(close);
  const isAt = (response: Response, at: typeof github) =>
    (response.headers.get("location") ?? "").startsWith(new URL(at.config.issuer).origin);
  return { github, discord, site, isAt };
}

/** Where the page leads to, in order. */
const ways = (html: string): readonly string[] =>
  [...html.matchAll(/href="(\/auth\/login[^"]*)"/g)].map(([, href = ""]) => href.replaceAll("&amp;", "&"));

test("AR-08, HD-01 a login that names no provider asks which, and keeps all else that the link said", async () => {
  const { github, discord, site, isAt } = await both(true);
  const visitor = site.visitor();
  const asked = await visitor.get("/auth/login?return_to=/here&ui_locales=de");
  assert.equal(asked.status, 200);
  assert.deepEqual(asked.headers.getSetCookie(), []);
  const html = await asked.text();
  assert.match(html, /Continue with GitHub/);
  assert.match(html, /Continue with Chat &amp; games/);
  const [first = "", second = ""] = ways(html);
  assert.deepEqual(
    [first, second].map((way) => new URL(way, "http://x").searchParams.get("provider")),
    ["github", "chat"],
  );
  assert.equal(isAt(await visitor.get(first), github), true);
  const begun = await visitor.get(second);
  assert.equal(isAt(begun, discord), true);
  const back = new URL(discord.approve(begun.headers.get("location") ?? ""));
  const landed = await visitor.get(back.pathname + back.search);
  assert.equal(landed.headers.get("location"), "/here");
  assert.equal(await (await visitor.get("/here")).text(), "7");
  // Remembered: first in the list, and said.
  const again = await (await visitor.get("/auth/login")).text();
  assert.match(ways(again)[0] ?? "", /provider=chat/);
  assert.match(again, /last time/);
  assert.equal((await visitor.get("/auth/login?provider=none")).status, 400);
});

test("AR-08 the domain of an address decides, and what a link names wins over it", async () => {
  const { github, discord, site, isAt } = await both(true);
  const at = (query: string) => site.visitor().get(`/auth/login?${query}`);
  assert.equal(isAt(await at("login_hint=Alice%40EXAMPLE.com"), discord), true);
  assert.equal(isAt(await at("login_hint=alice%40example.com&provider=github"), github), true);
  for (const hint of ["alice%40example.com.evil.net", "alice%40sub.example.com", "example.com"]) {
    assert.equal((await at(`login_hint=${hint}`)).status, 200, hint);
  }
});

test("AR-08 without the page the first provider is the usual one, and nothing is remembered", async () => {
  const { github, site, isAt } = await both(false);
  const visitor = site.visitor();
  assert.equal(isAt(await visitor.get("/auth/login"), github), true);
  await signInAt(github, visitor);
  assert.deepEqual(
    [...visitor.jar.keys()].filter((name) => name.endsWith(".provider")),
    [],
  );
});

test("CB-04 an answer of one provider is none of another's, whichever way it is bent", async () => {
  const { github, discord, site } = await both(true);
  const visitor = site.visitor();
  const begun = await visitor.get("/auth/login?provider=github");
  const calls = discord.calls.length;
  const back = new URL(github.approve(begun.headers.get("location") ?? ""));
  for (const path of ["/auth/callback/chat", "/auth/callback", "/auth/callback/nobody"]) {
    assert.equal((await visitor.get(path + back.search)).status, 400, path);
  }
  assert.equal(discord.calls.length, calls);
  assert.equal(github.calls.length, 0);
  assert.equal((await visitor.get(back.pathname + back.search)).status, 303, "the login itself is still good");
});

test("F-32 a refused user may choose another provider, and titles and domains are checked", async () => {
  const { github, site } = await both(true);
  const visitor = site.visitor();
  const begun = await visitor.get("/auth/login?provider=github");
  const back = new URL(github.deny(begun.headers.get("location") ?? ""));
  const refused = await (await visitor.get(back.pathname + back.search)).text();
  assert.equal(
    ways(refused).every((way) => !way.includes("provider=")),
    true,
  );
  const issuer = "https://id.example.com";
  const common = { publicUrl: ORIGIN, secrets: SECRET, store: memory() };
  const start = (more: object) => () => coatcheck({ ...common, provider: { issuer, clientId: "app", ...more } });
  assert.throws(start({ domains: ["@example.com"] }), /provider\.domains has "@example\.com", which is no domain/);
  assert.throws(start({ title: "a\nb" }), /provider\.title is a text/);
  assert.equal(aboutProvider(oauth2({ preset: "x", clientId: "a", clientSecret: "b" })).preset, "X");
});
