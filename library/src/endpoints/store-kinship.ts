/** Detects that hosts behind one name have different stores: each would sign out the users of the others (F-70). */
import type { SessionStore } from "../contracts.ts";
import type { OidcDependencies } from "./dependencies.ts";
import { FLOW_LIFETIME } from "./login/login-state.ts";

type Options = Pick<OidcDependencies, "clock" | "entropy" | "report" | "background"> & {
  readonly store: Pick<SessionStore, "mark" | "marked">;
};

/** How long a process is registered in the store, and when that is refreshed, milliseconds. */
const KNOWN_FOR = 24 * 3_600_000;
const AGAIN_AFTER = KNOWN_FOR / 2;
/** The longest time in which a login can be finished, by any replica's clock. */
const NEEDED = 3 * FLOW_LIFETIME;

const HINT =
  "A login came back that was begun with another store: all hosts of one publicUrl have to share one. " +
  "With memory() a restart does this too; use a store that survives a restart.";

/** The name of this process: registered in its store, and part of the state of each login that it starts. */
export class StoreKinship {
  readonly #options: Options;
  readonly #name: string;
  #until = 0;
  #told = false;

  constructor(options: Options) {
    this.#options = options;
    this.#name = Buffer.from(options.entropy.bytes(6)).toString("base64url");
  }

  /** The name, or `null` until the store is known to have it. */
  name(): string | null {
    const now = this.#options.clock.now();
    if (this.#until - now < AGAIN_AFTER) this.#introduce(now);
    return this.#until - now > NEEDED ? this.#name : null;
  }

  /** Reports once if the process of this name has another store; no request waits for it. */
  check(name: string | null | undefined): void {
    if (typeof name !== "string" || name === this.#name || this.#told) return;
    // During an outage it is not known; other events report that.
    const { background } = this.#options;
    background.waitUntil(this.#check(name).catch(() => undefined));
  }

  #introduce(now: number): void {
    const { store, background } = this.#options;
    const until = now + KNOWN_FOR;
    const known = (): void => {
      this.#until = until;
    };
    try {
      const marked = store.mark(markerKey(this.#name), until, now);
      if (marked instanceof Promise) background.waitUntil(marked.then(known, () => undefined));
      else known();
    } catch {
      // Tried again with the next login.
    }
  }

  async #check(name: string): Promise<void> {
    const { store, clock, report } = this.#options;
    if ((await store.marked(markerKey(name), clock.now())) !== undefined || this.#told) return;
    this.#told = true;
    report({ name: "store.foreign", level: "warn", hint: HINT });
  }
}

const markerKey = (name: string): string => `process:${name}`;
