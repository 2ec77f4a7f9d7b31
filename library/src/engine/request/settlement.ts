/** What settling reads of a request, and its result. */
import type { RequestView, Settlement } from "../../contracts.ts";
import type { Draft } from "../../core/draft.ts";
import type { Held } from "../../core/plan.ts";
import type { EngineOptions } from "./options.ts";

/** A request that is settled: its draft, and its session. */
export interface Settling<Data> {
  readonly options: EngineOptions<Data>;
  readonly request: RequestView;
  readonly draft: Draft;
  /** The owner's logout marker as it was when a login was recorded (docs/design.md §1.6); and when that was. */
  readonly ownerMarker: Promise<string | undefined> | null;
  readonly loginBegan: number | null;
  /** What planning has to know of the presented session. */
  held(): Held;
}

export const UNCHANGED: Settlement = { cookies: [], refusal: null };
