/** What a module gets: an address to examine and, of our own targets, the app, clock, store and provider behind it. */
import type { AuditEvent } from "coatcheck/contracts";
import type { FakeProvider, ManualClock } from "coatcheck/testing";
import type { ControlledStore } from "./app/store.ts";

/** What a module examines: an address, and how Coatcheck is configured there. */
export interface Target {
  readonly name: string;
  /** Where to connect. */
  readonly url: string;
  /** The origin that browsers use. */
  readonly origin: string;
  /** Where Coatcheck's own endpoints live. */
  readonly prefix: string;
  /** The name of the session's cookie. */
  readonly cookie: string;
  /** Further cookies that are cleared with it; a ticket has none. */
  readonly beside: readonly string[];
  /** The example app behind it, with the world that it lives in; `null` if the target is a foreign server. */
  readonly app: App | null;
}

/** What only an app of ours lets a module see and do. */
export interface App {
  readonly clock: ManualClock;
  readonly store: ControlledStore;
  /** Where alice and bob can sign in, and what it sends when they sign out there. */
  readonly provider: FakeProvider;
  /** Every event since the start. */
  readonly events: readonly AuditEvent[];
  /** Where `POST /slow` waits. */
  readonly slow: Gate;
  /** How long access tokens live, in milliseconds. */
  readonly tokenLifetime: number;
  /** A bearer token that a strategy of the app accepts, as `robot`. */
  readonly bearer: string;
  /** How long a session may rest, and live, in milliseconds. */
  readonly idle: number;
  readonly lifetime: number;
}

/** A place where requests wait for the module. */
export interface Gate {
  /** From now on requests wait. Resolves when the first one does. */
  hold(): Promise<void>;
  release(): void;
}

/** The target lacks what a module needs. */
export class NotOffered extends Error {}

/** The example app of the target. Modules that ask for it are not offered elsewhere. */
export function appOf(target: Target): App {
  if (target.app === null) throw new NotOffered("needs the example app");
  return target.app;
}

/** One module: a requirement, and how to see from the outside that it holds. */
export interface Module {
  /** Begins with the requirement's id. */
  readonly title: string;
  run(target: Target): Promise<void>;
}
