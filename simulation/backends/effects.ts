/** What the books of sessions and of tokens share: the answer of a store, and whether a write's condition holds. */
import type { PutCondition } from "coatcheck/contracts";
import type { Known } from "./sessions.ts";

/** The stores of a run answer at once. */
export function value<T>(answer: T | Promise<T>): T {
  if (answer instanceof Promise) throw new TypeError("the store below a simulation answers at once");
  return answer;
}

/** Whether a row that is known so may be written. */
export function holds(known: Pick<Known, "gone" | "ended" | "row"> | undefined, condition: PutCondition): boolean {
  const isAbsent = known === undefined || known.gone;
  if (condition === "absent" || isAbsent) return condition === "absent" && isAbsent;
  return known.ended === null && known.row.version === condition;
}
