import type { ClientAuth } from "openid-client";
import {
  allowInsecureRequests,
  Configuration,
  clockSkew,
  clockTolerance,
  customFetch,
  enableNonRepudiationChecks,
} from "openid-client";
import type { Clock } from "../contracts.ts";
import type { KeyHint, KeySet } from "./key-set.ts";
import type { Metadata } from "./metadata.ts";
import type { SettledConfig } from "./provider-config.ts";
import { inspectTokenAnswer } from "./token-answer.ts";
import type { Purpose, Transport } from "./transport.ts";

interface Parts {
  readonly config: SettledConfig;
  readonly metadata: Metadata;
  readonly authentication: ClientAuth;
  readonly keys: KeySet;
  readonly transport: Transport;
  readonly clock: Clock;
  /** Somebody else checks the signatures. */
  readonly unsigned?: true;
}

/**
 * openid-client's configuration for one operation, with signature checks on (ID-01). It is made anew each time, because
 * openid-client takes the time from the system and the difference to our clock only here, and because its own cache of keys
 * knows neither our clock nor our filter: the key set that it asks for is answered from ours.
 */
export function clientFor(purpose: Purpose, parts: Parts): Configuration {
  const { config, metadata, transport, keys } = parts;
  const client = new Configuration(
    metadata,
    config.clientId,
    {
      id_token_signed_response_alg: config.idTokenSigningAlg,
      [clockSkew]: Math.round((parts.clock.now() - Date.now()) / 1_000),
      [clockTolerance]: config.clockTolerance / 1_000,
    },
    parts.authentication,
  );
  const keysAddress = new URL(metadata.jwks_uri).href;
  let hint: KeyHint | null = null;
  client[customFetch] = async (url, options) => {
    if (options.method === "GET" && url === keysAddress && hint !== null)
      return Response.json({ keys: await keys.matching(hint) });
    const form = options.body instanceof URLSearchParams ? { body: options.body.toString() } : {};
    const answer = await transport.send(purpose, url, { method: options.method, headers: options.headers, ...form });
    if (purpose !== "token") return answer;
    const inspected = await inspectTokenAnswer(answer, config.idTokenSigningAlg);
    hint = inspected.hint;
    return inspected.response;
  };
  client.timeout = 0;
  if (config.loopback) allowInsecureRequests(client);
  if (purpose === "token" && parts.unsigned !== true) enableNonRepudiationChecks(client);
  return client;
}
