/** A second identity of a signed-in user: linked by an explicit act of the app, bound to user and browser. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { closingAfterEach } from "../../../test-support/closing.ts";
import { siteWith, type Visitor } from "../../../test-support/site.ts";
import type { Link, Rejection } from "../../contracts.ts";
import { unavailable } from "../../core/errors.ts";
import { oauth2 } from "../../index.ts";
import { type PlayedProvider, playedProvider } from "../../testing/played-provider.ts";

const closing = closingAfterEach();
const FORM = { "content-type": "application/x-www-form-urlencoded" };

/** A site with GitHub and Discord, whose app keeps who is who. */
async function world(onLink?: (link: Link) => Rejection | undefined) {
  const github = await playedProvider({ preset: "github" });
  const discord = await playedProvider({ preset: "discord", user: { id: "7", email: "octocat@example.com" } });
  const owners = new Map<string, string>();
  const links: Link[] = [];
  const keep = (link: Link): Rejection | undefined => {
    links.push(link);
    owners.set(link.identity.subject, link.owner);
    return onLink?.(link);
  };
  const site = siteWith({
    providers: [oauth2(github.config), oauth2(discord.config)],
    onSignIn: ({ identity: { subject } }) => ({ owner: owners.get(subject) ?? `user ${subject}` }),
    onLink: keep,
  });
  for (const { close } of [github, discord, site]) closing(close);
  return { github, discord, site, links };
}

/** One login, or a link, from where the provider is named to the callback's answer. */
async function through(played: PlayedProvider, visitor: Visitor, begun: Response): Promise<Response> {
  const back = new URL(played.approve(begun.headers.get("location") ?? ""));
  return visitor.get(back.pathname + back.search);
}
const signIn = async (played: PlayedProvider, visitor: Visitor, name: string): Promise<Response> =>
  through(played, visitor, await visitor.get(`/auth/login?provider=${name}`));
const startLink = (visitor: Visitor, form = "provider=discord&return_to=/settings"): Promise<Response> =>
  visitor.post("/auth/link", FORM, form);

test("ID-14 a user links another identity: the app is told, the session stays, the next login is theirs", async () => {
  const { github, discord, site, links } = await world();
  const visitor = site.visitor();
  await signIn(github, visitor, "github");
  const ticket = visitor.jar.get("__Host-Http-coatcheck");
  const begun = await startLink(visitor);
  assert.equal(begun.status, 303);
  const landed = await through(discord, visitor, begun);
  assert.deepEqual([landed.status, landed.headers.get("location")], [303, "/settings"]);
  const [{ owner, identity, provider, tokens } = { owner: "", identity: null, provider: "", tokens: null }] = links;
  assert.deepEqual([owner, identity?.subject, provider, tokens?.accessToken], ["user 583231", "7", "discord", "access-1"]);
  assert.equal(visitor.jar.get("__Host-Http-coatcheck"), ticket);
  assert.equal(await (await visitor.get("/")).text(), "583231");
  const told = site.events.find(({ name }) => name === "login.linked");
  assert.deepEqual([told?.provider, told?.owner], ["discord", "user 583231"]);
  const other = site.visitor();
  await signIn(discord, other, "discord");
  const completed = site.events.findLast(({ name }) => name === "session.created");
  assert.equal(completed?.owner, "user 583231");
});

test("ID-14 the same address is never a link: a login with it is a user of its own", async () => {
  const { github, discord, site } = await world();
  await signIn(github, site.visitor(), "github");
  await signIn(discord, site.visitor(), "discord");
  const owners = site.events.filter(({ name }) => name === "session.created").map(({ owner }) => owner);
  assert.deepEqual(owners, ["user 583231", "user 7"]);
});

test("CS-01, CB-01 a link is begun by a form of the site alone, and finished by the user who began it", async () => {
  const { github, discord, site, links } = await world();
  assert.equal((await startLink(site.visitor())).status, 401);
  const visitor = site.visitor();
  await signIn(github, visitor, "github");
  assert.equal((await visitor.post("/auth/link", { ...FORM, "sec-fetch-site": "cross-site" }, "provider=discord")).status, 403);
  assert.equal((await visitor.get("/auth/link?provider=discord")).status, 405);
  assert.equal((await startLink(visitor, "provider=nobody")).status, 400);
  assert.equal((await startLink(visitor, "provider=discord&provider=github")).status, 400);
  // Signed out meanwhile, or another user by now: no code is sent.
  const begun = await startLink(visitor);
  const calls = discord.calls.length;
  const ticket = visitor.jar.get("__Host-Http-coatcheck") ?? "";
  visitor.jar.delete("__Host-Http-coatcheck");
  assert.equal((await through(discord, visitor, begun)).status, 400);
  github.user = { id: "2" };
  await signIn(github, visitor, "github");
  assert.equal((await through(discord, visitor, begun)).status, 400);
  assert.equal(discord.calls.length, calls);
  assert.deepEqual(links, []);
  assert.notEqual(ticket, "");
});

test("F-25 an app that refuses a link, or cannot be asked, links nothing: 403 with its sentence, or 503", async () => {
  const answers = [{ blocked: true, reason: "That account is someone else's." } as const, null];
  const { github, discord, site } = await world(() => answers.shift() ?? unavailable(new Error("the database is away")));
  const visitor = site.visitor();
  await signIn(github, visitor, "github");
  const refused = await through(discord, visitor, await startLink(visitor));
  assert.equal(refused.status, 403);
  assert.match(await refused.text(), /That account is someone else(&#39;|')s\./);
  assert.equal((await through(discord, visitor, await startLink(visitor))).status, 503);
  assert.equal((await visitor.get("/")).status, 200, "the session goes on");
  await site.close();
  assert.equal(discord.calls.filter((call) => call.endsWith("/revoke")).length, 4);
});
