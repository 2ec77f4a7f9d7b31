/** Tokens of ours around a failover: what is there before, what is answered just before it, what is left. */
import type { SessionStore } from "../../../src/contracts.ts";
import type { ManualClock } from "../../../src/testing/manual-clock.ts";
import { manualClock } from "../../../src/testing/manual-clock.ts";
import { KINDS, kindsWorld } from "../../token-kinds.ts";
import { FOR_PERSON, PERSON, refreshed, shown } from "../../tokens.ts";
import { isDone } from "./done.ts";

/** Which rows are on the node that fails. */
interface Node {
  readonly hasRow: (id: string) => boolean;
}

interface Tokens {
  readonly node: Node;
  readonly clock: ManualClock;
  /** A refresh token that is exchanged. */
  readonly first: string;
  /** A personal token that is revoked. */
  readonly revoked: { readonly id: string; readonly token: string };
  /** What is given just before the failover. */
  readonly given: { family?: string; personal?: string; newest?: string };
}

/** As many as are drawn until one is on the node. */
const TOKENS = { ...KINDS, personal: { maxPerUser: 1_000 } };
const FAMILY = { ...FOR_PERSON, refreshable: true };
const LAPTOP = { subject: PERSON, name: "laptop", scope: "read" } as const;

/** It is not closed: what is still to be ended stays so, for its clock stands still. */
const openWorld = (store: SessionStore, clock: ManualClock) => kindsWorld({ store, clock, tokens: TOKENS });

/** Makes them until one is on the node. */
async function onNode<T extends { readonly id: string }>({ hasRow }: Node, make: () => Promise<T>): Promise<T> {
  for (;;) {
    const made = await make();
    if (hasRow(made.id)) return made;
  }
}

async function prepare(store: SessionStore, node: Node): Promise<Tokens> {
  const clock = manualClock();
  const { auth } = openWorld(store, clock);
  const { refreshToken: first = "" } = await onNode(node, () => auth.tokens.issue(FAMILY));
  const revoked = await onNode(node, () => auth.tokens.issuePersonal(LAPTOP));
  return { node, clock, first, revoked, given: {} };
}

/** Whether each write was answered as done. */
async function write(store: SessionStore, { node, clock, first, revoked, given }: Tokens) {
  const of = openWorld(store, clock);
  const { tokens } = of.auth;
  const family = await isDone(async () => {
    given.family = (await onNode(node, () => tokens.issue(FOR_PERSON))).accessToken;
  });
  const personal = await isDone(async () => {
    given.personal = (await onNode(node, () => tokens.issuePersonal(LAPTOP))).token;
  });
  const answer = await refreshed(of, first);
  if (answer.status === 200) given.newest = (await answer.json()).refresh_token;
  const revocation = await isDone(() => tokens.revoke(revoked.id));
  return { family, personal, exchange: answer.status === 200, revocation };
}

/** The status that each of them gets. */
async function look(store: SessionStore, { clock, first, revoked, given }: Tokens) {
  const of = openWorld(store, clock);
  const at = async (token = ""): Promise<number> => (await shown(of, token)).status;
  const [family, personal] = [await at(given.family), await at(given.personal)];
  const newest = (await refreshed(of, given.newest ?? "")).status;
  const before = (await refreshed(of, first)).status;
  return { family, personal, newest, before, revoked: await at(revoked.token) };
}

/** As `failingOver` plays it. */
export const tokensAround = { prepare, write, look, throughout: ({ revoked }: Tokens) => revoked.id };
