/** What a failover loses of what the store acknowledged: the kinds of write, and the rules that each breaks if lost. */
import type { SessionRow } from "coatcheck/contracts";
import type { Order } from "../world/work.ts";
import type { RuleNumber } from "../world/world.ts";

/** The table of failovers in docs/stores.md, with the rules of docs/simulation.md; tests hold the three together. */
export const BREAKS = {
  "a new session": [2],
  "an ending": [3, 6, 7],
  "a rotation": [2, 5],
  "a lease": [7, 10],
  "renewed tokens": [6, 7],
  "a marker": [6],
  "an edit": [3],
  // Its lease is there again, and the provider is left alone as long as that stands.
  "a failed refresh": [],
} as const satisfies { readonly [kind: string]: readonly RuleNumber[] };

export type LostKind = keyof typeof BREAKS;
const isKind = (name: string): name is LostKind => name in BREAKS;
export const LOST_KINDS: readonly LostKind[] = Object.keys(BREAKS).filter(isKind);

/** One change that a call wrote. */
export interface Written {
  readonly kind: LostKind;
  /** The session; `""`: none. */
  readonly id: string;
  readonly at: number;
  /** The secret's hash before it was exchanged, and after. */
  readonly secrets: readonly [before: string, after: string] | null;
  /** The edits that it brought. */
  readonly edits: readonly string[];
  /** Which order set the marker. */
  readonly order: Order | null;
}

const NO_EDITS: readonly string[] = [];

/** A change of which no more has to be known. */
export function written(kind: LostKind, id: string, at: number, order: Order | null = null): Written {
  return { kind, id, at, secrets: null, edits: NO_EDITS, order };
}

/** What a put changes; it may be several things. */
export function changesOf(before: SessionRow | undefined, row: SessionRow, at: number): readonly Written[] {
  const { id } = row;
  if (before === undefined) return [written("a new session", id, at)];
  if (row.ended !== null) return [written("an ending", id, at)];
  const changes: Written[] = [];
  if (row.secretHash !== before.secretHash) {
    changes.push({ ...written("a rotation", id, at), secrets: [before.secretHash, row.secretHash] });
  }
  const edits = keysIn(row).filter((key) => !keysIn(before).includes(key));
  if (edits.length > 0) changes.push({ ...written("an edit", id, at), edits });
  if (row.tokenExpires !== before.tokenExpires) changes.push(written("renewed tokens", id, at));
  else if (row.lease !== null) changes.push(written("a lease", id, at));
  else if (before.lease !== null) changes.push(written("a failed refresh", id, at));
  return changes.length > 0 ? changes : [written("an edit", id, at)];
}

function keysIn({ body }: SessionRow): readonly string[] {
  if (body === "") return NO_EDITS;
  const { data }: { readonly data: { readonly [key: string]: unknown } } = JSON.parse(body);
  return Object.keys(data);
}
