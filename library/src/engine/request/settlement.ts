/** What settling reads of a request, and what comes of it. */
import type { RequestView } from "../../contracts.ts";
import type { Draft } from "../../core/draft.ts";
import type { CoatcheckError } from "../../core/errors.ts";
import type { Held } from "../../core/plan.ts";
import type { EngineOptions } from "./options.ts";

/** A request that is settled: what its handler wanted, and what it held. */
export interface Settling<Data> {
  readonly options: EngineOptions<Data>;
  readonly request: RequestView;
  readonly draft: Draft;
  /** The owner's logout marker as it was when a login was recorded (docs/design.md §1.6); and when that was. */
  readonly ownerMark: Promise<string | undefined> | null;
  readonly loginBegan: number | null;
  /** What planning has to know of the presented session. */
  held(): Held;
}

/** What the response gets: cookies to add, and perhaps a refusal that takes the place of the handler's answer. */
export interface Settlement {
  readonly cookies: readonly string[];
  readonly refusal: CoatcheckError | null;
}

export const UNCHANGED: Settlement = { cookies: [], refusal: null };
