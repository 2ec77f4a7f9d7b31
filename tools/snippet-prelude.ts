/** Names that examples use without saying where they are from: an app, its session, what a reader would call their own. */
import type { CoatcheckError as CoatcheckErrorType, coatcheck as coatcheckFunction, Session } from "coatcheck";
import type { memory as memoryStore } from "coatcheck/memory";
import type { sqlite as sqliteStore } from "coatcheck/sqlite";

declare global {
  const coatcheck: typeof coatcheckFunction;
  const memory: typeof memoryStore;
  const sqlite: typeof sqliteStore;
  const CoatcheckError: typeof CoatcheckErrorType;
  const session: Session;
  function showSignInButton(): void;
  /** What `…` stands for. */
  const omitted: never;
}
