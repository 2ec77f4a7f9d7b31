/** Replicas of an app whose sessions are in sealed cookies, and browsers that go from one to another. */
import { randomBytes } from "node:crypto";
import type { AuditEvent, SessionStore } from "../src/contracts.ts";
import type { Auth } from "../src/http/auth.ts";
import type { CoatcheckOptions } from "../src/index.ts";
import { coatcheck } from "../src/index.ts";
import { sealedCookie } from "../src/stores/cookie.ts";
import { type ManualClock, manualClock } from "../src/testing/manual-clock.ts";
import { ORIGIN, SECRET } from "./origin.ts";
import { NAVIGATION } from "./requests.ts";

/** What a page of the app answers. */
export interface Shown {
  readonly status: number;
  readonly subject: string | null;
  readonly data: unknown;
  readonly ended: string | null;
  /** The lines of Set-Cookie. */
  readonly lines: readonly string[];
  readonly code: string | undefined;
}

/** A browser: its cookies, and what it asks. */
export interface SealedBrowser {
  readonly jar: Map<string, string>;
  /** Asks, and keeps the cookies of the answer. */
  ask(path: string, replica?: number): Promise<Shown>;
  /** Asks, and keeps the cookies only when told so, as an answer that is slow. */
  slowly(path: string, replica?: number): Promise<{ readonly shown: Shown; arrive(): void }>;
  /** Its cookies in another's hands. */
  copy(): SealedBrowser;
}

export interface SealedWorld {
  readonly clock: ManualClock;
  readonly events: readonly AuditEvent[];
  readonly replicas: readonly Auth<unknown>[];
  browser(jar?: ReadonlyMap<string, string>): SealedBrowser;
}

type Options = Partial<Omit<CoatcheckOptions<unknown>, "store" | "clock" | "on">>;

/**
 * Two replicas with one secret, and the store for markers that they share, if any.
 *
 * @param handle the second replica's own handle on the store for markers
 */
export function sealedWorld(
  marks: SessionStore | null = null,
  options: Options = {},
  another: Options = options,
  handle: SessionStore | null = marks,
): SealedWorld {
  const clock = manualClock();
  const events: AuditEvent[] = [];
  const replicas = [
    { ...options, store: sealedOn(marks) },
    { ...another, store: sealedOn(handle) },
  ].map((one) => coatcheck<unknown>({ publicUrl: ORIGIN, secrets: SECRET, ...one, clock, on: (event) => events.push(event) }));
  return { clock, events, replicas, browser: (jar) => browserOf(new Map(jar), replicas) };
}

const sealedOn = (marks: SessionStore | null) => sealedCookie(marks === null ? {} : { marks });

/** Text that nothing can compress, of about this many characters. */
export const noise = (characters: number): string => randomBytes(Math.ceil(characters * 0.75)).toString("base64url");

function browserOf(jar: Map<string, string>, replicas: readonly Auth<unknown>[]): SealedBrowser {
  async function slowly(path: string, replica = 0): Promise<{ readonly shown: Shown; arrive(): void }> {
    const auth = replicas[replica];
    if (auth === undefined) throw new Error(`no replica ${replica}`);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const reads = /^\/(?:me|auth\/sessions?)(?:\?|$)/.test(path);
    const headers = reads ? {} : { "sec-fetch-site": "same-origin" };
    const navigates = path.startsWith("/me?navigate") ? NAVIGATION : {};
    const response = await auth.handle(
      new Request(new URL(path, ORIGIN), {
        method: reads ? "GET" : "POST",
        headers: { ...headers, ...navigates, ...(cookie === "" ? {} : { cookie }) },
      }),
      (session, request) => page(session, new URL(request.url)),
    );
    const lines = response.headers.getSetCookie();
    const text = await response.text();
    const known: { subject?: string; data?: unknown; ended?: string; code?: string } = text.startsWith("{")
      ? JSON.parse(text)
      : {};
    const { subject = null, data = null, ended = null, code } = known;
    return { shown: { status: response.status, subject, data, ended, lines, code }, arrive: () => keep(jar, lines) };
  }
  return {
    jar,
    slowly,
    async ask(path, replica) {
      const { shown, arrive } = await slowly(path, replica);
      arrive();
      return shown;
    },
    copy: () => browserOf(new Map(jar), replicas),
  };
}

function page(session: Parameters<Parameters<Auth<unknown>["handle"]>[1]>[0], url: URL): Response {
  const value = url.searchParams.get("value") ?? "";
  if (url.pathname === "/login") session.login({ issuer: "app", subject: value, claims: { name: value } });
  if (url.pathname === "/set") session.set({ note: value });
  if (url.pathname === "/add") session.set({ [value]: true });
  if (url.pathname === "/rotate") session.rotate();
  if (url.pathname === "/logout") session.logout();
  const { identity, data, endedReason } = session;
  const status = identity === null && url.pathname === "/me" ? 401 : 200;
  return Response.json({ subject: identity?.subject ?? null, data, ended: endedReason }, { status });
}

function keep(jar: Map<string, string>, lines: readonly string[]): void {
  for (const line of lines) {
    const [pair = ""] = line.split(";", 1);
    const equals = pair.indexOf("=");
    if (line.includes("Max-Age=0")) jar.delete(pair.slice(0, equals));
    else jar.set(pair.slice(0, equals), pair.slice(equals + 1));
  }
}
