/** Which request, order or background job an effect belongs to, followed through promises by AsyncLocalStorage. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Family } from "../backends/grants.ts";
import type { Asked } from "../clients/asked.ts";
import type { Random } from "./random.ts";

/**
 * On whose behalf something happens: a request, an operator's call, or a process by itself. Follows promises wherever
 * the engine goes.
 */
export interface Work {
  /** As a trace names it. */
  readonly actor: string;
  /** Chances of its own, so that leaving other work out of a run changes nothing here. */
  readonly random: Random;
  readonly asked: Asked | null;
  /** What an operator is about. */
  readonly order: Order | null;
  /** The tokens that a login brought. */
  family: Family | null;
  /** How many of its calls were made to go wrong. */
  troubles: number;
}

/** A call from outside of a request that ends sessions. */
export interface Order {
  readonly kind: "end-all" | "end-one" | "sign-out" | "sweep" | "end-others";
  readonly begunStep: number;
  /** Whom it ends. */
  readonly owner: string | null;
  readonly sid: string | null;
  /** Up to when a login counts as before this, by the provider's clock. */
  readonly issuedAt: number | null;
  readonly except: string | null;
  /** When its one-time marker was set. */
  markStep: number | null;
  /** When the caller that ordered it heard that it is done. */
  doneStep: number | null;
}

const works = new AsyncLocalStorage<Work>();

export function currentWork(): Work | undefined {
  return works.getStore();
}

export function working<T>(work: Work, act: () => T): T {
  return works.run(work, act);
}

export function newWork(actor: string, random: Random, asked: Asked | null = null, order: Order | null = null): Work {
  return { actor, random, asked, order, family: null, troubles: 0 };
}
