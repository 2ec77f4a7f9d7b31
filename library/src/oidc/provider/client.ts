/** Calls openid-client over our transport. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { ClientAuth } from "openid-client";
import {
  allowInsecureRequests,
  Configuration,
  clockSkew,
  clockTolerance,
  customFetch,
  enableNonRepudiationChecks,
} from "openid-client";
import type { Clock } from "../../contracts.ts";
import { omitUndefined } from "../../core/options/omit-undefined.ts";
import type { Purpose, Transport } from "../http/transport.ts";
import type { KeyHint, KeySet } from "../jwt/key-set.ts";
import type { SettledConfig } from "./config.ts";
import type { Metadata } from "./discovery.ts";
import { inspectTokenAnswer } from "./token-response.ts";

interface Parts {
  readonly config: SettledConfig;
  readonly keys: KeySet;
  readonly clock: Clock;
}

/** One call of openid-client: its purpose and its transport. */
interface Operation {
  readonly purpose: Purpose;
  readonly transport: Transport;
  /** Which key the ID token that was just inspected names. */
  hint: KeyHint | null;
}

/** The key of a client; calls with the same key share it. */
interface Kind {
  readonly metadata: Metadata;
  readonly authentication: ClientAuth;
  /** Seconds that our clock is ahead of the system's. */
  readonly skew: number;
}

/** The operation that a call of openid-client belongs to: its `fetch` is one for all of them. */
const operations = new AsyncLocalStorage<Operation>();

/** How a call is made. */
interface Calling {
  readonly metadata: Metadata;
  readonly authentication: ClientAuth;
  readonly purpose: Purpose;
  readonly transport: Transport;
}

/**
 * openid-client's configurations for one provider. Making one copies all of the metadata, so one is cached for the
 * calls that bring no ID token, UserInfo above all; it is made anew when the metadata were read again, and when our
 * clock moved against the system's, from which openid-client takes the time: the difference can be given only at its
 * making. For what openid-client checks itself (ID-01) each call has its own, since with it come keys that it keeps,
 * and its cache of those knows neither our clock nor our filter.
 */
export class Clients {
  readonly #parts: Parts;
  #cached: { readonly kind: Kind; readonly client: Configuration } | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Calls openid-client with its configuration. Its requests go over the transport. */
  call<T>({ purpose, transport, ...made }: Calling, work: (client: Configuration) => T): T {
    const skew = Math.round((this.#parts.clock.now() - Date.now()) / 1_000);
    const kind = { ...made, skew };
    const client = purpose === "token" ? checking(configurationOf(kind, this.#parts)) : this.#shared(kind);
    return operations.run({ purpose, transport, hint: null }, () => work(client));
  }

  #shared(kind: Kind): Configuration {
    if (this.#cached === null || !isSame(this.#cached.kind, kind))
      this.#cached = { kind, client: configurationOf(kind, this.#parts) };
    return this.#cached.client;
  }
}

const isSame = (one: Kind, other: Kind): boolean =>
  one.metadata === other.metadata && one.authentication === other.authentication && one.skew === other.skew;

function checking(client: Configuration): Configuration {
  enableNonRepudiationChecks(client);
  return client;
}

/** The key set that openid-client asks for is answered from ours, with the one key that the ID token names. */
function configurationOf({ metadata, authentication, skew }: Kind, { config, keys }: Parts): Configuration {
  const client = new Configuration(
    metadata,
    config.clientId,
    {
      id_token_signed_response_alg: config.idTokenSigningAlg,
      [clockSkew]: skew,
      [clockTolerance]: config.clockTolerance / 1_000,
    },
    authentication,
  );
  const keysAddress = new URL(metadata.jwks_uri).href;
  client[customFetch] = async (url, options) => {
    const operation = operations.getStore();
    if (operation === undefined) throw new TypeError("openid-client sends a request outside of an operation");
    const { purpose, transport, hint } = operation;
    if (options.method === "GET" && url === keysAddress && hint !== null)
      return Response.json({ keys: await keys.matching(hint) });
    const { method, headers } = options;
    const body = options.body instanceof URLSearchParams ? options.body.toString() : undefined;
    const answer = await transport.send(purpose, url, { method, headers, ...omitUndefined({ body }) });
    if (purpose !== "token") return answer;
    const inspected = inspectTokenAnswer(answer, config.idTokenSigningAlg);
    operation.hint = inspected.hint;
    return inspected.response;
  };
  client.timeout = 0;
  if (config.loopback) allowInsecureRequests(client);
  return client;
}
