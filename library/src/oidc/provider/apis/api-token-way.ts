/** How a provider is asked for an access token for one API. */

/**
 * `resource`: by the refresh token and the parameter `resource` (RFC 8707); `audience`: the same, named `audience`;
 * `scope`: the same, and the scope alone names the API; `exchange`: by the access token (RFC 8693).
 */
export const API_TOKEN_WAYS = ["resource", "audience", "scope", "exchange"] as const;
export type ApiTokenWay = (typeof API_TOKEN_WAYS)[number];
