/** The headers by which known proxies assert the user. */
import type { AssertedField } from "../net/asserted-values.ts";

/** The headers that assert the user. `user` is the subject; the others are claims. */
export type ProxyHeaders = { readonly user: string } & { readonly [field in Exclude<AssertedField, "user">]?: string };

/** How a product tells its upstreams the authenticated user. */
export interface ProxyPreset {
  readonly headers: ProxyHeaders;
  /** The separator of groups. */
  readonly separator: "," | "|";
  /** Values beyond ASCII are encoded words of RFC 2047, not UTF-8. */
  readonly encodedWords?: true;
}

export type ProxyPresetName = "oauth2-proxy" | "authelia" | "authentik" | "tailscale" | "generic";

/** The known proxies. */
export const PROXY_PRESETS: { readonly [name in ProxyPresetName]: ProxyPreset } = {
  /**
   * With `--set-xauthrequest`, and of this gateway itself. As a reverse proxy with `--pass-user-headers` it is
   * `generic`.
   */
  "oauth2-proxy": {
    headers: {
      user: "x-auth-request-user",
      email: "x-auth-request-email",
      groups: "x-auth-request-groups",
      preferredUsername: "x-auth-request-preferred-username",
    },
    separator: ",",
  },
  authelia: {
    headers: { user: "remote-user", email: "remote-email", groups: "remote-groups", name: "remote-name" },
    separator: ",",
  },
  /** A username there can be changed; the uid stays. */
  authentik: {
    headers: {
      user: "x-authentik-uid",
      email: "x-authentik-email",
      groups: "x-authentik-groups",
      preferredUsername: "x-authentik-username",
      name: "x-authentik-name",
    },
    separator: "|",
  },
  tailscale: {
    headers: { user: "tailscale-user-login", name: "tailscale-user-name" },
    separator: ",",
    encodedWords: true,
  },
  generic: {
    headers: {
      user: "x-forwarded-user",
      email: "x-forwarded-email",
      groups: "x-forwarded-groups",
      preferredUsername: "x-forwarded-preferred-username",
    },
    separator: ",",
  },
};

const ENCODED_WORD = /=\?utf-8\?(?:q\?([\x21-\x3e\x40-\x7e]*)|b\?([A-Za-z0-9+/]*={0,2}))\?=/gi;

/**
 * The bytes that encoded words stand for, as characters; `undefined` if something else looks like one (RFC 2047).
 */
export function decodeWords(text: string): string | undefined {
  if (!text.includes("=?")) return text;
  const decoded = text
    .replace(/\?=[ \t]+=\?/g, "?==?")
    .replace(ENCODED_WORD, (_, q: string | undefined, b: string | undefined) =>
      b === undefined ? fromQ(q ?? "") : Buffer.from(b, "base64").toString("latin1"),
    );
  return decoded.includes("=?") ? undefined : decoded;
}

function fromQ(text: string): string {
  return text
    .replaceAll("_", " ")
    .replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
