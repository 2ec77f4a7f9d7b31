/** An app with tokens of every kind, and a person who has one of each. */
import type { JsonObject, TokenKind } from "../src/contracts.ts";
import { normalizeIdentity } from "../src/core/record.ts";
import { engineIn } from "../src/engine/engine.ts";
import type { TokenOptions } from "../src/index.ts";
import type { TestAuth } from "./auth.ts";
import { cookieOf, idOf } from "./cookies.ts";
import { requestWith } from "./requests.ts";
import { ask, FOR_PERSON, fromPage, OWNER, PERSON, post, shown, world } from "./tokens.ts";

/** Families for users, agents that may only read, and personal tokens. */
export const KINDS: TokenOptions = {
  audiences: {
    app: { scope: "read write", lifetime: "30d", family: "30d", users: true },
    agent: { scope: "read", lifetime: "30d", family: "30d" },
  },
  accept: ["app", "agent"],
  personal: {},
};

type World = TestAuth<JsonObject>;

/** An app with {@link KINDS}. */
export const kindsWorld = (options: Parameters<typeof world>[0] = {}): World => world({ tokens: KINDS, ...options });

/** The provider's name for the person's session. */
export const SID = "s1";

/** The cookie of a person whom a provider signed in, as its session {@link SID}. */
export async function signInBySid({ auth, clock }: World, sid: string | null = SID): Promise<string> {
  const exchange = await engineIn(auth.engine).open(requestWith({}, { method: "POST" }));
  const identity = normalizeIdentity(PERSON, clock.now());
  const expires = clock.now() + 30 * 86_400_000;
  const tokens = { accessToken: "at", refreshToken: null, idToken: null, scope: null, expires };
  exchange.loginFromProvider({ identity, tokens, sid, issuedAt: clock.now() }, "default");
  return cookieOf(await exchange.settle(200));
}

/** An agent of the session with this cookie. */
export const agentOf = ({ auth }: World, cookie: string) =>
  auth.tokens.issue({ subject: "agent-7", audience: "agent", scope: "read", parent: { id: idOf(cookie) } });

/** Whether each of these is still good. */
export interface Credentials {
  session(): Promise<boolean>;
  agent(): Promise<boolean>;
  family(): Promise<boolean>;
  access(): Promise<boolean>;
  personal(): Promise<boolean>;
}

/** A session of the person's, and one token of each kind. */
export async function everyKind(of: World) {
  const { auth } = of;
  const cookie = await signInBySid(of);
  const agent = await agentOf(of, cookie);
  const answer = await post(of, "tokens", { audience: "app", scope: "read" }, fromPage(cookie));
  const family: { readonly access_token: string; readonly refresh_token: string } = await answer.json();
  const access = await auth.tokens.issue(FOR_PERSON);
  const personal = await auth.tokens.issuePersonal({ subject: PERSON, name: "laptop", scope: "read" });
  const good = async (token: string): Promise<boolean> => (await shown(of, token)).status === 200;
  const credentials: Credentials = {
    session: async () => (await ask(of, { cookie })).body["subject"] === PERSON.subject,
    agent: () => good(agent.accessToken),
    family: () => good(family.access_token),
    access: () => good(access.accessToken),
    personal: () => good(personal.token),
  };
  const ids: Record<TokenKind, string> = {
    agent: agent.id,
    access: access.id,
    personal: personal.id,
    family: await familyId(of),
  };
  return { cookie, credentials, ids, family, tokens: { agent: agent.accessToken, personal: personal.token } };
}

async function familyId({ auth }: World): Promise<string> {
  return (await auth.tokens.list(OWNER)).find(({ kind }) => kind === "family")?.id ?? "";
}
