/** Which endings end what: every cell of the table in docs/tokens.md. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { idOf } from "../../test-support/cookies.ts";
import { ORIGIN } from "../../test-support/origin.ts";
import { proxyReader } from "../../test-support/proxy-reader.ts";
import { type Credentials, everyKind, kindsWorld, SID, signInBySid } from "../../test-support/token-kinds.ts";
import { nextOf, OWNER, PERSON, post, refreshed } from "../../test-support/tokens.ts";
import type { TokenKind } from "../contracts.ts";

const DAY = 86_400_000;
const KINDS = ["session", "agent", "family", "access", "personal"] as const satisfies readonly (keyof Credentials)[];

type World = ReturnType<typeof kindsWorld>;
type Had = Awaited<ReturnType<typeof everyKind>>;
type End = (of: World, had: Had) => Promise<unknown>;

function fromPage(path: string, { auth }: World, cookie: string): Promise<Response> {
  const headers = { cookie, origin: ORIGIN, "sec-fetch-site": "same-origin", accept: "application/json" };
  return auth.handle(new Request(`${ORIGIN}/auth/${path}`, { method: "POST", headers }), () => new Response());
}

/** A change by the app's handler, in the session. */
const inSession = (
  { auth }: World,
  { cookie }: Had,
  act: (session: Parameters<Parameters<World["auth"]["handle"]>[1]>[0]) => void,
) =>
  auth.handle(new Request(`${ORIGIN}/app`, { headers: { cookie } }), (session) => {
    act(session);
    return new Response();
  });

const { issuer, subject } = PERSON;
const told = { issuer, subject, issuedAt: Number.MAX_SAFE_INTEGER };

/** By the first column of the table. */
const ENDINGS: Readonly<Record<string, End>> = {
  "`session.logout()`": (of, had) => inSession(of, had, (session) => session.logout()),
  "`POST logout`": (of, { cookie }) => fromPage("logout", of, cookie),
  "`session.login()` in its place": (of, had) => inSession(of, had, (session) => session.login(PERSON)),
  "`auth.sessions.end(id)` of the session": (of, { cookie }) => of.auth.sessions.end(idOf(cookie), "admin"),
  "`POST sessions/end-others` by another session": async (of) => fromPage("sessions/end-others", of, await signInBySid(of, "s2")),
  "`POST sessions/end-others` by the session itself": (of, { cookie }) => fromPage("sessions/end-others", of, cookie),
  "`auth.endAll(owner)`": (of) => of.auth.endAll(OWNER),
  "a provider's logout of the session (`sid`)": (of) => of.auth.sessions.signedOut({ ...told, sid: SID }),
  "a provider's logout of the person (no `sid`)": (of) => of.auth.sessions.signedOut({ ...told, sid: null }),
  "`session.maxPerUser`, by a later login": (of) => signInBySid(of, "s2"),
  "`proxy.resolve` says that the user is blocked": ({ store, clock }, { cookie }) => {
    const proxy = { reader: proxyReader(), resolve: () => ({ blocked: true as const }) };
    const request = new Request(`${ORIGIN}/app`, { headers: { cookie, "x-user": "42" } });
    return kindsWorld({ store, clock, proxy }).auth.handle(request, () => new Response(), { peer: "10.0.3.7" });
  },
  "the session was idle for too long": async ({ clock, auth }) => {
    clock.advance(3_600_001);
    await auth.sweep();
  },
  "its absolute end": async ({ clock, auth }) => {
    clock.advance(DAY);
    await auth.sweep();
  },
  "reuse of a refresh token of the family": async (of, { family }) => {
    await nextOf(of, await nextOf(of, family.refresh_token));
    await refreshed(of, family.refresh_token);
  },
  "`POST tokens/revoke` with its refresh token": (of, { family }) => post(of, "tokens/revoke", { token: family.refresh_token }),
};
const revoking =
  (kind: TokenKind): End =>
  (of, { ids }) =>
    of.auth.tokens.revoke(ids[kind]);
const REVOKED: Readonly<Record<string, End>> = {
  "`auth.tokens.revoke(id)` of an agent's": revoking("agent"),
  "`auth.tokens.revoke(id)` of a family": revoking("family"),
  "`auth.tokens.revoke(id)` of the app's": revoking("access"),
  "`auth.tokens.revoke(id)` of a personal one": revoking("personal"),
};

/** The rows of the table: what happens, and for each kind whether it ends. */
function documented(): ReadonlyMap<string, readonly boolean[]> {
  const page = readFileSync(new URL("../../../docs/tokens.md", import.meta.url), "utf8");
  const [, section = ""] = page.split("## Which endings end what");
  const rows = [...section.matchAll(/^\| (.+?) \|((?: (?:ends|lives) \|){5})$/gm)];
  return new Map(
    rows.map(([, what = "", cells = ""]) => [what, [...cells.matchAll(/ends|lives/g)].map(([cell]) => cell === "ends")]),
  );
}

const all = { ...ENDINGS, ...REVOKED };

test("SE-09 S-44 every ending is in the table of docs/tokens.md, and nothing else is", () => {
  assert.deepEqual([...documented().keys()].toSorted(), Object.keys(all).toSorted());
});

for (const [what, ends] of documented()) {
  test(`SE-09 S-44 S-58 what ends by ${what.slice(0, 70)}`, async () => {
    const of = kindsWorld({ session: { maxPerUser: what.includes("maxPerUser") ? 1 : 10 } });
    const had = await everyKind(of);
    for (const kind of KINDS) assert.equal(await had.credentials[kind](), true, kind);
    of.clock.advance(1);
    await (all[what] ?? assert.fail(`no test of ${what}`))(of, had);
    const found: boolean[] = [];
    for (const kind of KINDS) found.push(!(await had.credentials[kind]()));
    assert.deepEqual(found, ends);
  });
}
