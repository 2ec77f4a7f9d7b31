/** Reads a provider's metadata, with retries and backoff. */
import type { ServerMetadata } from "openid-client";
import type { Clock, Entropy, MaybePromise, Report } from "../../contracts.ts";
import { isLoopbackHost } from "../../cookie/names.ts";
import { ProviderProblem, problemOf } from "../http/provider-problem.ts";
import type { Transport } from "../http/transport.ts";
import { isObject } from "../jwt/jws.ts";
import type { SettledConfig } from "./config.ts";
import { presetOf } from "./presets/presets.ts";

/** The provider's metadata, checked: the endpoints that we use are there and have addresses that we may call. */
export type Metadata = ServerMetadata & {
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly jwks_uri: string;
};

/** Caches the provider's metadata: retries with backoff until it has them, and reads them again when they are old. */
interface Discovery {
  known(): Metadata | null;
  /** The metadata; reads them when they are not known yet. Throws {@link ProviderProblem}. */
  get(): MaybePromise<Metadata>;
  close(): Promise<void>;
}

interface World {
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly report: Report;
}

/** The pause between attempts that requests cause; the retries in the background are further apart. */
const ATTEMPT_FLOOR = 1_000;
const FIRST_RETRY = 500;
const LONGEST_RETRY = 60_000;

/**
 * Starts to read the metadata at once, and retries with exponential backoff and jitter until it has them or is closed
 * (DK-04).
 */
export function discoverProvider(config: SettledConfig, transport: Transport, world: World): Discovery {
  const closing = new AbortController();
  let metadata: Metadata | null = null;
  let readAt = Number.NEGATIVE_INFINITY;
  let attemptedAt = Number.NEGATIVE_INFINITY;
  let lastProblem: ProviderProblem | null = null;
  let pending: Promise<Metadata> | null = null;

  function attempt(): Promise<Metadata> {
    pending ??= read().finally(() => {
      pending = null;
    });
    return pending;
  }

  async function read(): Promise<Metadata> {
    attemptedAt = world.clock.monotonic();
    try {
      const fresh = await readMetadata(config, transport, closing.signal);
      if (metadata === null) {
        const reason = presetOf(config.preset, fresh).name;
        world.report({ name: "provider.ready", level: "info", provider: config.name, reason });
      }
      metadata = fresh;
      readAt = world.clock.monotonic();
      lastProblem = null;
      return fresh;
    } catch (error) {
      const problem = problemOf(error);
      lastProblem = problem;
      if (!closing.signal.aborted)
        world.report({ name: "provider.failed", level: "warn", provider: config.name, reason: problem.check, error: problem });
      throw problem;
    }
  }

  async function keepTrying(): Promise<void> {
    for (let pause = FIRST_RETRY; metadata === null && !closing.signal.aborted; pause = Math.min(pause * 2, LONGEST_RETRY)) {
      await attempt().catch(() => undefined);
      if (metadata !== null) return;
      await world.clock.sleep(jittered(pause, world.entropy), closing.signal).catch(() => undefined);
    }
  }

  const retries = keepTrying();
  return {
    known: () => metadata,
    get() {
      const sinceAttempt = world.clock.monotonic() - attemptedAt;
      if (metadata !== null) {
        const stale = world.clock.monotonic() - readAt >= config.metadataMaxAge;
        if (stale && sinceAttempt >= ATTEMPT_FLOOR && !closing.signal.aborted) void attempt().catch(() => undefined);
        return metadata;
      }
      if (pending === null && lastProblem !== null && sinceAttempt < ATTEMPT_FLOOR) return Promise.reject(lastProblem);
      return attempt();
    },
    async close() {
      closing.abort();
      await retries;
    },
  };
}

/** Jitter: half of the pause is fixed, the other half random, so that replicas do not retry in step. */
function jittered(pause: number, entropy: Entropy): number {
  const [byte = 0] = entropy.bytes(1);
  return pause / 2 + (pause / 2) * (byte / 255);
}

/** The address of an issuer's metadata, whether the issuer ends with a slash or not (OpenID Connect Discovery 4.1). */
export const metadataAddress = (issuer: string): string => `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;

/**
 * Reads them without openid-client, whose `Headers` and `Response` load Node's whole `fetch`; that is deferred to the
 * first login (F-51).
 */
async function readMetadata(config: SettledConfig, transport: Transport, signal: AbortSignal): Promise<Metadata> {
  const options = { method: "GET", headers: { accept: "application/json" }, signal };
  const { status, content } = await transport.send("metadata", metadataAddress(config.issuer), options);
  if (status !== 200) throw new ProviderProblem("invalid", "metadata", `the provider's metadata have status ${status}`);
  return checkMetadata(parsed(content), config);
}

function parsed(text: string): ServerMetadata {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value) && typeof value["issuer"] === "string") return { ...value, issuer: value["issuer"] };
  } catch {
    // As what follows.
  }
  throw new ProviderProblem("invalid", "metadata", "the provider's metadata are no JSON object with an issuer");
}

const REQUIRED = ["authorization_endpoint", "token_endpoint", "jwks_uri"] as const;
const OPTIONAL = ["userinfo_endpoint", "revocation_endpoint", "end_session_endpoint"] as const;

function checkMetadata(found: ServerMetadata, config: SettledConfig): Metadata {
  if (found.issuer !== config.issuer)
    throw new ProviderProblem("invalid", "issuer", "the provider's metadata name another issuer than the configured one");
  for (const key of [...REQUIRED, ...OPTIONAL]) checkEndpoint(key, found[key], config.loopback);
  const { authorization_endpoint, token_endpoint, jwks_uri } = found;
  if (authorization_endpoint === undefined || token_endpoint === undefined || jwks_uri === undefined)
    throw new ProviderProblem("invalid", "metadata", `the provider's metadata lack one of ${REQUIRED.join(", ")}`);
  const challenges: unknown = found.code_challenge_methods_supported;
  if (challenges !== undefined && !(Array.isArray(challenges) && challenges.includes("S256")))
    throw new ProviderProblem("invalid", "pkce", "the provider does not offer PKCE with S256");
  return { ...found, authorization_endpoint, token_endpoint, jwks_uri };
}

/**
 * Endpoints are https; a provider on a loopback address, as in development, may use plain http there (DK-03, TK-05).
 */
export function checkEndpoint(key: string, value: unknown, loopback: boolean): void {
  if (value === undefined) return;
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : null;
  const encrypted = url?.protocol === "https:" || (url?.protocol === "http:" && loopback && isLoopbackHost(url.hostname));
  if (url === null || !encrypted || url.username !== "" || url.password !== "" || url.hash !== "")
    throw new ProviderProblem("invalid", "address", `the provider's ${key} is not an https address`);
}
