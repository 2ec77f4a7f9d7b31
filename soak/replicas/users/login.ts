/** A login through the balancer: begun on one replica, finished on another. */
import { Jar, PAGE } from "../../ask.ts";
import { locationOf, through } from "../../redirects.ts";
import type { Client } from "./client.ts";

/** How a login ended: with a session, without one for which it may be begun anew, or refused. */
export type LoggedIn =
  | { readonly kind: "session"; readonly session: string; readonly begun: number; readonly at: number }
  /** `sent`: its callback was, and what came of it is not known. */
  | { readonly kind: "again"; readonly sent: boolean }
  | { readonly kind: "refused"; readonly what: string };

/** Walks all the way, with the cookies that the browser has. */
export async function login(client: Client, jar: Jar, account: string): Promise<LoggedIn> {
  const { host } = client;
  const before = jar.find(host, "coatcheck");
  const begun = Date.now();
  const sent = await client.ask("/auth/login?return_to=/", { headers: { ...PAGE, ...jar.header(host) } });
  if (sent.reply === null) return { kind: "again", sent: false };
  if (sent.reply.status !== 302) return { kind: "refused", what: `${sent.by} answered ${sent.reply.status} to a login` };
  jar.keep(host, sent.reply);
  const there = new URL(locationOf(sent.reply));
  there.searchParams.set("login_hint", account);
  const { pathname, search } = await through(there, new Jar(), host);
  // A callback is sent once: its code is good once.
  const back = await client.send(pathname + search, { headers: { ...PAGE, ...jar.header(host) } });
  if (back.reply === null || back.reply.status === 503) return { kind: "again", sent: true };
  jar.keep(host, back.reply);
  const ticket = jar.find(host, "coatcheck");
  if (back.reply.status !== 303)
    return { kind: "refused", what: `${back.by} answered ${back.reply.status} to a callback: ${back.reply.text}` };
  if (ticket === undefined || ticket === before) return { kind: "refused", what: `${back.by} gave no session at a callback` };
  return { kind: "session", session: ticket.split(".")[0] ?? "", begun, at: back.at };
}
