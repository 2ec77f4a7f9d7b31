/** The refresh request, byte for byte as openid-client would send it. */
import type { ClientAuth } from "openid-client";
import { clockSkew } from "openid-client";
import type { Clock, MaybePromise } from "../../../contracts.ts";
import { secretNow } from "../../../crypto/given-secret.ts";
import type { SettledConfig } from "../config.ts";
import type { Metadata } from "../discovery.ts";

/** A refresh request (RFC 6749, section 6), ready to be sent. */
interface RefreshRequest {
  readonly url: string;
  readonly method: "POST";
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
}

/** Makes the request for one refresh token. Throws, or rejects, if the client cannot be authenticated. */
export type RefreshRequests = (refreshToken: string) => MaybePromise<RefreshRequest>;
/** Makes the request of a grant, which is form-encoded. Throws, or rejects, if the client cannot be authenticated. */
export type GrantRequests = (grant: string) => MaybePromise<RefreshRequest>;

interface Parts {
  readonly config: SettledConfig;
  readonly clock: Clock;
  readonly metadata: Metadata;
  readonly authentication: ClientAuth;
}

/** What a request has besides the token. */
interface Authenticated {
  readonly headers: { readonly [name: string]: string };
  /** Form-encoded. */
  readonly fields: string;
}

/** openid-client sends all other requests; with its name a provider's log shows one client. */
const USER_AGENT = "openid-client/v6.8.9";

/**
 * Requests with the same bytes as openid-client's, without its `Headers`, `URLSearchParams` and promises for each: they
 * differ only in the refresh token. Each request gets a new assertion, since a provider accepts each of them once.
 */
export function refreshRequests(requests: GrantRequests): RefreshRequests {
  return (refreshToken) => {
    if (refreshToken === "") throw new TypeError("a refresh token is not empty");
    return requests(`refresh_token=${formEncoded(refreshToken)}&grant_type=refresh_token`);
  };
}

/** Requests of any grant at the token endpoint. */
export function grantRequests(parts: Parts): GrantRequests {
  const url = new URL(parts.metadata.token_endpoint).href;
  const { clientAuthentication, clientSecret } = parts.config;
  const isConstant = clientAuthentication !== "private_key_jwt";
  let cached: Authenticated | null = null;
  let by: string | null = null;
  return (grant) => {
    const request = ({ headers, fields }: Authenticated): RefreshRequest => {
      return { url, method: "POST", headers, body: fields === "" ? grant : `${grant}&${fields}` };
    };
    const now = clientSecret === null ? null : secretNow(clientSecret);
    if (cached !== null && by === now) return request(cached);
    return authenticated(parts).then((made) => {
      if (isConstant) [cached, by] = [made, now];
      return request(made);
    });
  };
}

async function authenticated({ config, clock, metadata, authentication }: Parts): Promise<Authenticated> {
  const form = new URLSearchParams();
  const sent = new Headers({ accept: "application/json", "user-agent": USER_AGENT });
  const skew = Math.round((clock.now() - Date.now()) / 1_000);
  await authentication(metadata, { client_id: config.clientId, [clockSkew]: skew }, form, sent);
  sent.set("content-type", "application/x-www-form-urlencoded;charset=UTF-8");
  return { headers: Object.fromEntries(sent), fields: form.toString() };
}

/** Most refresh tokens need no escapes in a form. */
const formEncoded = (value: string): string =>
  /^[\w.*-]+$/.test(value) ? value : new URLSearchParams([["", value]]).toString().slice(1);
