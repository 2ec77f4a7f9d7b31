/** Remembers what is in the store, so that the books can follow a store that loses what came after. */
import type { World } from "../world/world.ts";
import type { Known } from "./sessions.ts";

type Past = Pick<Known, "row" | "ended" | "dataKeys" | "gone"> & { readonly secrets: Known["secrets"] };

/** Remembers what is stored now. Answers how to go back to it. */
export function rememberAll({ sessions, families, grants, scheduler, undone }: World): () => void {
  const { now } = scheduler;
  const restoreFamilies = families.remember();
  const then = new Map(Array.from(sessions.all(), (known) => [known, pastOf(known)] as const));
  return () => {
    restoreFamilies();
    for (const known of sessions.all()) {
      const past = then.get(known);
      if (known.ended !== null && past?.ended === null) undone.add(known);
      if (past === undefined) known.gone = true;
      else comeBack(known, past);
      grants.lost(known, now);
    }
  };
}

function pastOf({ row, ended, dataKeys, gone, secrets }: Known): Past {
  const copies = Array.from(secrets, ([hash, secret]) => [hash, { ...secret }] as const);
  return { row, ended, dataKeys, gone, secrets: new Map(copies) };
}

function comeBack(known: Known, { row, ended, dataKeys, gone, secrets }: Past): void {
  Object.assign(known, { row, ended, dataKeys, gone });
  known.secrets.clear();
  for (const [hash, secret] of secrets) known.secrets.set(hash, secret);
}
