/** The rooms of the library, and what each may import. */
import type { Room } from "../layers-table.ts";

/** The most inward first. A folder that is not named here belongs to the one above it. */
export const ROOMS: { readonly [room: string]: Room } = {
  contracts: { may: [], outside: [] },
  core: { may: ["contracts"], outside: [] },
  net: { may: ["contracts", "core/options/omit-undefined"], outside: [] },
  time: { may: ["contracts"], outside: [] },
  cookie: { may: ["core/errors"], outside: [] },
  crypto: { may: ["contracts", "core/errors"], outside: ["node:crypto"] },
  "engine/lifecycle": { may: ["contracts", "core", "crypto"], outside: [] },
  "engine/refresh": { may: ["contracts", "core", "crypto", "engine/lifecycle"], outside: [] },
  "engine/request": {
    may: ["contracts", "core", "cookie", "crypto", "time", "net", "engine/lifecycle", "engine/refresh"],
    outside: ["node:crypto"],
  },
  engine: { may: ["contracts", "core", "engine/request"], outside: ["@standard-schema/spec"] },
  http: { may: ["contracts", "core", "engine"], outside: ["node:http", "node:net"] },
  endpoints: { may: ["contracts", "core", "cookie", "crypto"], outside: ["jose", "node:crypto"] },
  strategies: { may: ["contracts", "core", "cookie", "crypto", "time", "net"], outside: ["node:crypto"], alone: true },
  "oidc/http": {
    may: ["contracts", "core", "cookie"],
    outside: [
      "openid-client",
      "node:async_hooks",
      "node:diagnostics_channel",
      "node:http",
      "node:https",
      "node:timers/promises",
      "node:url",
      "node:zlib",
    ],
  },
  "oidc/jwt": { may: ["contracts", "core", "oidc/http"], outside: ["jose", "node:crypto"] },
  "oidc/provider": {
    may: ["contracts", "core", "cookie", "crypto", "time", "oidc/http", "oidc/jwt"],
    outside: ["openid-client", "node:async_hooks", "node:buffer", "node:crypto"],
  },
  "oidc/bearer": {
    may: ["contracts", "core", "crypto", "oidc/http", "oidc/jwt", "oidc/provider"],
    outside: ["node:crypto"],
  },
  "oidc/proxy-assertion": {
    may: ["contracts", "core", "cookie", "crypto", "net", "oidc/http", "oidc/jwt", "oidc/provider"],
    outside: ["node:crypto"],
  },
  tokens: {
    may: [
      "contracts",
      "core",
      "crypto",
      "endpoints/parameters",
      "endpoints/responses",
      "engine/lifecycle",
      "oidc/bearer",
      "oidc/jwt",
    ],
    outside: ["node:crypto"],
  },
  stores: {
    may: [
      "contracts",
      "core/errors",
      "core/detached",
      "core/hear",
      "core/hot-rows",
      "core/options",
      "core/record",
      "core/row-columns",
    ],
    alone: true,
  },
  adapter: { may: ["contracts", "core", "engine/flow", "http"], outside: [] },
  adapters: { may: ["adapter"], alone: true },
  client: { may: [], outside: [] },
  testing: { may: ["contracts", "core", "crypto", "engine", "http"], outside: ["node:assert", "node:crypto", "node:test"] },
  cli: { may: [], outside: ["node:crypto"] },
  options: {
    may: ["contracts", "core", "net", "engine", "endpoints", "oidc", "strategies", "tokens"],
    outside: ["@standard-schema/spec"],
  },
  compose: {
    may: [
      "contracts",
      "core",
      "cookie",
      "crypto",
      "net",
      "engine",
      "http",
      "endpoints",
      "strategies",
      "oidc",
      "tokens",
      "options",
    ],
    outside: [],
  },
  index: {
    may: ["contracts", "core", "net", "engine", "http", "oidc", "strategies", "tokens", "compose", "options"],
    outside: [],
  },
};
