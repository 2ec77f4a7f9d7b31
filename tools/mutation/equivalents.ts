/** Which mutants are the same program in other words, so that no test can tell. */
import { ELSEWHERE } from "./equivalents-elsewhere.ts";
import { ENDINGS } from "./equivalents-endings.ts";
import { ENGINE } from "./equivalents-engine.ts";
import { TYPES } from "./equivalents-types.ts";

export interface Equivalent {
  readonly path: string;
  /** A part of the line. */
  readonly line: string;
  readonly operators: readonly string[];
  /** What it is replaced by, where another change of that place is no equivalent. */
  readonly to?: string;
  /** Why no test can tell. */
  readonly reason: string;
}

export const EQUIVALENTS: readonly Equivalent[] = [...ENGINE, ...ENDINGS, ...TYPES, ...ELSEWHERE];

/** Why a mutant is set aside; `null` if it is not. */
export function reasonOf(path: string, line: string, operator: string, to: string): string | null {
  const found = EQUIVALENTS.find(
    (known) =>
      path.endsWith(known.path) &&
      line.includes(known.line) &&
      known.operators.includes(operator) &&
      (known.to === undefined || known.to === to),
  );
  return found?.reason ?? null;
}
