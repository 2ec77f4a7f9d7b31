/** Mutants that show only while sessions are moved from one store to another. */
import type { Mutant } from "./mutant.ts";
import { always, never, one } from "./mutant.ts";
import { condition, value } from "./parts.ts";

const whileMoving = (mutant: Mutant): Mutant => ({ ...mutant, store: "moving" });

export const MOVE_MUTANTS: readonly Mutant[] = [
  one("moves-unlocked", "a session is copied while others may still write it in the old store", [condition], always),
  one("moves-no-lease", "a moved session loses its lease", [value], (said) => `{ ...${said}, lease: null }`),
  one("ends-in-the-old-store", "what ends sessions looks in the old store alone", [condition], always),
  one("begins-in-the-old-store", "who stores a new session does not look whether the move has begun", [condition], never),
  one("endings-stay-behind", "a session that ended in the old store is not copied", [condition], never),
].map(whileMoving);
