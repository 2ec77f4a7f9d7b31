/** What `coatcheck()` answers. */
import type {
  AssertionSigner,
  ChangedKeys,
  Engine,
  KeyNames,
  ProviderState,
  SessionDirectory,
  Swept,
  TokenDirectory,
} from "../contracts.ts";
import type { FetchHandler, FetchInfo } from "./fetch-handler.ts";

/** What `coatcheck()` gives: hand it to an adapter, or use it with Fetch requests directly. */
export interface Auth<Data> {
  /** For adapters; see `coatcheck/adapter`. */
  readonly engine: Engine<Data>;
  /**
   * Answers a Fetch request: our own endpoints, else `handler` with the request's session.
   *
   * @example
   * ```ts
   * const serve = (request: Request) =>
   *   auth.handle(request, (session) => Response.json({ hello: session.identity?.subject ?? "stranger" }));
   * ```
   */
  handle(request: Request, handler: FetchHandler<Data>, info?: FetchInfo): Promise<Response>;
  /**
   * Ends every session of an owner (`session.owner`, or issuer and subject), on every replica, also one whose login is
   * on its way; for a password change, say. Answers how many sessions it found alive. Rejects with
   * `ERR_STORE_UNAVAILABLE` if the store does not answer.
   *
   * @example
   * ```ts
   * // After a change of password:
   * const ended = await auth.endAll({ issuer: "https://id.example.com", subject: "42" });
   * ```
   */
  endAll(owner: string | { readonly issuer: string; readonly subject: string }): Promise<number>;
  /**
   * Drops the cached look-up of a proxy's user: at once in this process, in others within the cache's time.
   *
   * @example
   * ```ts
   * const user = await users.find("42");
   * if (user?.blocked) auth.forget(user.id); // the next request asks `proxy.resolve` again
   * ```
   */
  forget(owner: string | { readonly issuer: string; readonly subject: string }): void;
  /** Lists and ends sessions from outside of a request, for an operator's page or a job. */
  readonly sessions: SessionDirectory;
  /** Issues, lists and revokes tokens of our own, for agents, runners and other services; see `tokens`. */
  readonly tokens: TokenDirectory;
  /**
   * Deletes dead rows now, in batches, whatever `sweep.every` says; for a schedule of your own. It stops when
   * `sweep.within` is over; the next one goes on from there. Rejects with `ERR_STORE_UNAVAILABLE` if the store does not
   * answer.
   *
   * @example
   * ```ts
   * // A job at night, with `sweep: { every: false }`:
   * const { deleted, complete } = await auth.sweep();
   * ```
   */
  sweep(): Promise<Swept>;
  /**
   * Tells upstreams who the user is, signed; `GET keys` publishes the keys. The issuer is the public URL.
   *
   * @example
   * ```ts
   * if (session.identity !== null && session.owner !== null) {
   *   const { identity, owner } = session;
   *   const assertion = auth.assertions.sign({ identity, owner, audience: "https://orders.internal" });
   *   await fetch("https://orders.internal/", { headers: { "x-coatcheck-assertion": assertion } });
   * }
   * ```
   */
  readonly assertions: AssertionSigner;
  /**
   * What readiness depends on.
   *
   * @example
   * ```ts
   * app.get("/ready", async (_request, response) => {
   *   const { ready, store, providers } = await auth.ready();
   *   response.status(ready ? 200 : 503).json({ store, providers });
   * });
   * ```
   */
  ready(): Promise<Readiness>;
  /** The providers as they are now; discovery goes on by itself if one is not ready. */
  readonly providers: readonly ProviderState[];
  /** Names of the keys in use, no secrets: which seals, which open, which signs, which verify (S-40). */
  readonly keys: KeyNames;
  /**
   * Takes other secrets and signing keys from now on, in one step and without a restart: what was sealed or signed by
   * one that is still in the list stays good, and no user is signed out. Throws `ERR_SECRET` or `ERR_CONFIG` for keys
   * that cannot be used, and goes on with those of before.
   *
   * @example
   * ```ts
   * import { readFileSync } from "node:fs";
   * const secrets = () => readFileSync("/run/secrets/coatcheck", "utf8").trim().split("\n");
   * process.on("SIGHUP", () => auth.changeKeys({ secrets: secrets() }));
   * ```
   */
  changeKeys(keys: ChangedKeys): void;
  /**
   * Stops background work, waits for what is under way, and closes providers. The store is yours to close. `within`:
   * after so many milliseconds providers' answers are waited for no longer, and a refresh on its way is stored as
   * unknown. Default: as long as the providers may take.
   *
   * @example
   * ```ts
   * const store = sqlite("/var/lib/app/sessions.db");
   * process.once("SIGTERM", async () => {
   *   await auth.close({ within: 5_000 });
   *   await store.close();
   * });
   * ```
   */
  close(options?: { readonly within?: number }): Promise<void>;
}

export interface Readiness {
  readonly ready: boolean;
  readonly store: boolean;
  readonly providers: readonly Pick<ProviderState, "name" | "ready">[];
  /** Names of the keys in use, no secrets (S-40). */
  readonly keys: KeyNames;
}

/** The part of {@link Auth} that adapters need. */
export type HasEngine<Data> = Pick<Auth<Data>, "engine">;
