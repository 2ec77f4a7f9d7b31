/**
 * Moving sessions from one store to another while they are in use: published as `coatcheck/move`.
 *
 * @example
 * ```ts
 * import { moveSessions, moving } from "coatcheck/move";
 *
 * const [from, to] = [sqlite("old.db"), sqlite("new.db")];
 * const auth = coatcheck({ store: moving({ from, to }), … }); // every process of the app
 * const { outcome } = await moveSessions({ from, to }); // a process of its own
 * ```
 */
export type { MoveOptions, MoveProgress, MoveReport } from "./move/mover.ts";
export { moveSessions } from "./move/mover.ts";
export type { MovingOptions } from "./move/moving-store.ts";
export { moving } from "./move/moving-store.ts";
export { whyNotAlone } from "./move/phase.ts";
export type { MoveProof } from "./move/proof.ts";
