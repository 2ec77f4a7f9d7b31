/** A provider whose metadata are known: what login, refresh and revocation share. */
import type { Configuration } from "openid-client";
import type { Clock } from "../../contracts.ts";
import type { Purpose, Transport } from "../http/transport.ts";
import type { KeySet } from "../jwt/key-set.ts";
import type { SettledConfig } from "./config.ts";
import type { Metadata } from "./discovery.ts";
import type { ProviderPreset } from "./presets/preset.ts";
import type { GrantRequests, RefreshRequests } from "./refresh/refresh-request.ts";

/** What an operation needs once the metadata are known. */
export interface Ready {
  readonly config: SettledConfig;
  readonly metadata: Metadata;
  readonly preset: ProviderPreset;
  readonly clock: Clock;
  readonly transport: Transport;
  readonly keys: KeySet;
  /** Calls openid-client, for all but refreshes. */
  call<T>(purpose: Purpose, work: (client: Configuration) => T): T;
  readonly refreshRequest: RefreshRequests;
  readonly grantRequest: GrantRequests;
}
