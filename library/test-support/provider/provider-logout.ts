/** Sites that a provider tells of its logouts, and users who are signed in there. */

import type { AuditEvent } from "../../src/contracts.ts";
import type { StoredOptions } from "../auth.ts";
import type { Site, Visitor } from "../site.ts";
import { siteWith } from "../site.ts";
import type { LyingProvider } from "./lies.ts";
import { logoutForm } from "./logout-tokens.ts";

type Options = Partial<StoredOptions<unknown>>;

/** A site of this provider's client. */
export function siteOf(op: LyingProvider, options: Options = {}): Site {
  return siteWith({ provider: { issuer: op.issuer, clientId: op.clientId, clientSecret: op.clientSecret }, ...options });
}

/** What a provider sends: a form, from a server that has no cookie and is no browser. */
export function tell(site: Site, token: string): Promise<Response> {
  return post(site, logoutForm(token));
}

/** Whatever body, by whatever media type. */
export function post(site: Site, body: string, type = "application/x-www-form-urlencoded", query = ""): Promise<Response> {
  const headers = { "content-type": type, "sec-fetch-site": "cross-site", origin: "https://evil.example" };
  return site.visitor().post(`/auth/backchannel-logout${query}`, headers, body);
}

/** A user who is signed in, by a session of the provider that has this `sid`. */
export async function signedIn(site: Site, op: LyingProvider, sub: string, sid: string, query = ""): Promise<Visitor> {
  op.user = { sub, claims: { sid } };
  const visitor = site.visitor();
  const landed = await visitor.signIn(op, query);
  if (landed.status !== 303) throw new Error(`no login: ${landed.status} ${await landed.text()}`);
  return visitor;
}

/** Whether the visitor is still signed in. */
export const isIn = async (visitor: Visitor): Promise<boolean> => (await visitor.get("/")).status === 200;

/** The events of a site by name. */
export const named = ({ events }: Site, name: AuditEvent["name"]): readonly AuditEvent[] =>
  events.filter((event) => event.name === name);
