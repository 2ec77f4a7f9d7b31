/** The page of a user's own sessions and tokens. */
import type { SessionInfo, TokenInfo } from "../../contracts.ts";
import type { Language } from "../languages.ts";
import type { PageEntry, PageForm, PageSection } from "../page-view.ts";
import type { PageMaker } from "../pages.ts";
import { browserIn } from "../user-agent.ts";

interface SessionsContent {
  /** The newest first. */
  readonly sessions: readonly SessionInfo[];
  readonly tokens: readonly TokenInfo[];
  /** The session in which it is asked; `null` for a proxy's user. */
  readonly current: string | null;
  /** The `User-Agent` of the browser that asks. */
  readonly userAgent: string | undefined;
  /** Where a fresh login begins, if the user has to sign in again before they end something. */
  readonly login: string | null;
  /** Several providers: each session says which. */
  readonly named: boolean;
  readonly now: number;
  /** With a leading and no trailing slash. */
  readonly prefix: string;
}

/** Lists them, this one first. */
export function sessionsPage(content: SessionsContent): PageMaker {
  const { sessions, tokens, current, login } = content;
  const ordered = [...sessions.filter(({ id }) => id === current), ...sessions.filter(({ id }) => id !== current)];
  const others = ordered.length > (current === null ? 0 : 1);
  return (language) => {
    const { text } = language;
    const entries = ordered.map((one) => sessionEntry(one, content, language));
    const listed: PageSection = others && login === null ? { entries, form: endingOthers(content, language) } : { entries };
    const theirs: PageSection = {
      title: text("devices.tokens"),
      text: text("devices.tokensText"),
      entries: tokens.map((one) => tokenEntry(one, content, language)),
    };
    return {
      kind: "sessions",
      status: 200,
      title: text("devices.title"),
      paragraphs: [text("devices.text"), ...(login === null ? [] : [text("devices.old")])],
      links: login === null ? [] : [{ label: text("signInAgain"), href: login }],
      sections: tokens.length === 0 ? [listed] : [listed, theirs],
    };
  };
}

/** To who would end something, and signed in long ago (SE-10). */
export function signInFirstPage(login: string): PageMaker {
  return ({ text }) => ({
    kind: "sign-in-again",
    status: 401,
    title: text("devices.oldTitle"),
    paragraphs: [text("devices.old")],
    links: [{ label: text("signInAgain"), href: login }],
  });
}

const endingOthers = ({ prefix }: SessionsContent, { text }: Language): PageForm => ({
  action: `${prefix}/sessions/end-others`,
  fields: [],
  buttons: [{ label: text("devices.endOthers") }],
});

function sessionEntry(info: SessionInfo, content: SessionsContent, language: Language): PageEntry {
  const { text, when } = language;
  const { id, createdAt, seenAt, method, userAgent, address } = info;
  const { current, now, prefix, login, named } = content;
  const isCurrent = id === current;
  const provider = named ? /^oidc:(.+)$/.exec(method ?? "")?.[1] : undefined;
  const time = when(createdAt, now);
  const usual = {
    // Of this one the browser says it now, also if none is kept.
    title: nameOf(userAgent ?? (isCurrent ? content.userAgent : null), language),
    lines: [
      provider === undefined ? text("devices.since", { time }) : text("devices.sinceBy", { time, provider }),
      text("devices.seen", { time: when(seenAt, now) }),
      ...(address === null ? [] : [text("devices.from", { address })]),
    ],
  };
  if (isCurrent) return { ...usual, badge: text("devices.this"), links: [{ label: text("signOut"), href: `${prefix}/logout` }] };
  return login === null ? { ...usual, form: ending(prefix, "session", id, text("devices.end")) } : usual;
}

function nameOf(userAgent: string | null | undefined, language: Language): string {
  const browser = browserIn(userAgent);
  if (browser === null) return language.text("devices.unknown");
  const { name, system } = browser;
  return system === null ? language.name(name) : language.text("devices.browser", { browser: name, system });
}

function tokenEntry(info: TokenInfo, { now, prefix, login }: SessionsContent, language: Language): PageEntry {
  const { text, when } = language;
  const { id, kind, name, actor, client, audience, scope, createdAt, expiresAt, lastUsedAt } = info;
  const used = lastUsedAt === null ? text("devices.neverUsed") : text("devices.used", { time: when(lastUsedAt, now) });
  const entry = {
    title: actor === null ? language.name(name ?? client) : text("devices.agent", { agent: actor }),
    lines: [
      scope === "" ? text("devices.for", { audience }) : text("devices.forScope", { audience, scope }),
      text("devices.made", { time: when(createdAt, now) }),
      ...(kind === "personal" ? [used] : []),
      expiresAt === null ? text("devices.neverRunsOut") : text("devices.runsOut", { time: when(expiresAt, now) }),
    ],
  };
  return login === null ? { ...entry, form: ending(prefix, "token", id, text("devices.revoke")) } : entry;
}

const ending = (prefix: string, what: "session" | "token", id: string, label: string): PageForm => ({
  action: `${prefix}/sessions/end`,
  fields: [[what, id]],
  buttons: [{ label }],
});
