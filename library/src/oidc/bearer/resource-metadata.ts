/** A provider's metadata for a resource server, which only verifies tokens. */
import type { Clock } from "../../contracts.ts";
import { ProviderProblem } from "../http/provider-problem.ts";
import type { Transport } from "../http/transport.ts";
import { isObject } from "../jwt/jws.ts";
import { checkEndpoint, metadataAddress } from "../provider/discovery.ts";

/** What a resource server needs of a provider's metadata. */
interface ResourceMetadata {
  readonly jwks_uri: string | null;
  readonly introspection_endpoint: string | null;
}

interface ResourceDiscovery {
  /** Reads them when first asked. Throws {@link ProviderProblem}. */
  get(): Promise<ResourceMetadata>;
}

const MAX_AGE = 3_600_000;
const FAILURE_FLOOR = 1_000;

/**
 * A provider's metadata for a resource server. Single flight: read for the first token, shared by all that come
 * meanwhile, and not asked for again within a second of a failure. After an hour they are read again, and the old ones
 * are used until that succeeds (DK-04).
 */
export function discoverResource(
  { issuer, loopback }: { readonly issuer: string; readonly loopback: boolean },
  transport: Transport,
  clock: Clock,
): ResourceDiscovery {
  let known: ResourceMetadata | null = null;
  let attemptedAt = Number.NEGATIVE_INFINITY;
  let readAt = Number.NEGATIVE_INFINITY;
  let failure: unknown = null;
  let pending: Promise<ResourceMetadata> | null = null;

  function attempt(): Promise<ResourceMetadata> {
    attemptedAt = clock.monotonic();
    pending ??= read().finally(() => {
      pending = null;
    });
    return pending;
  }

  async function read(): Promise<ResourceMetadata> {
    try {
      known = await readMetadata(issuer, loopback, transport);
      readAt = clock.monotonic();
      failure = null;
      return known;
    } catch (error) {
      failure = error;
      throw error;
    }
  }

  return {
    get() {
      const soon = pending === null && failure !== null && clock.monotonic() - attemptedAt < FAILURE_FLOOR;
      if (known === null) return soon ? Promise.reject(failure) : attempt();
      if (clock.monotonic() - readAt >= MAX_AGE && !soon) void attempt().catch(() => undefined);
      return Promise.resolve(known);
    },
  };
}

async function readMetadata(issuer: string, loopback: boolean, transport: Transport): Promise<ResourceMetadata> {
  const url = metadataAddress(issuer);
  const response = await transport.send("metadata", url, { method: "GET", headers: { accept: "application/json" } });
  if (response.status !== 200)
    throw new ProviderProblem("unavailable", "metadata", `the provider's metadata have status ${response.status}`);
  const found = await json(response);
  if (found.get("issuer") !== issuer)
    throw new ProviderProblem("invalid", "issuer", "the provider's metadata name another issuer than the configured one");
  const address = (key: string): string | null => {
    const value = found.get(key);
    checkEndpoint(key, value, loopback);
    return typeof value === "string" ? value : null;
  };
  return { jwks_uri: address("jwks_uri"), introspection_endpoint: address("introspection_endpoint") };
}

async function json(response: Response): Promise<ReadonlyMap<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(await response.text());
  } catch {
    value = null;
  }
  if (!isObject(value)) throw new ProviderProblem("invalid", "metadata", "the provider's metadata are no JSON object");
  return new Map(Object.entries(value));
}
