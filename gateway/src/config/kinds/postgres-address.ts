/** Reads `postgres://…`, the address of a store in PostgreSQL. */
import { resolve } from "node:path";
import { suggest } from "coatcheck/settings";
import type { Place } from "../sources/place.ts";
import { cacheOf, USABLE_CACHE } from "./cache-parameter.ts";
import { shown } from "./kinds.ts";

/** A server, by its name and port; a folder as the name means the socket in it. */
interface Server {
  readonly host: string;
  readonly port: number;
}

/** A store in PostgreSQL as it is configured. */
export interface PostgresSetting extends Server {
  readonly kind: "postgres";
  readonly database: string;
  readonly user: string;
  /** `undefined`: the server asks for none, or `storePassword` has it. */
  readonly password: string | undefined;
  readonly tls: "disable" | "no-verify" | "verify-ca" | "verify-full";
  /** The file of the authorities that may have signed the server's certificate. */
  readonly rootCertificate: string | undefined;
  readonly schema: string;
  /** The most connections of one process. */
  readonly connections: number;
  /** Where endings are heard, past a pooler; `undefined`: nowhere. */
  readonly listen: Server | undefined;
  readonly migrate: boolean;
  /** How long a row may let requests in, in milliseconds; `undefined`: none is kept. */
  readonly cache: number | undefined;
}

const FORM = "Write postgres://USER@HOST:5432/DATABASE, and the password into COATCHECK_STORE_PASSWORD or a file of it.";
const PARAMETERS = ["sslmode", "sslrootcert", "host", "schema", "connections", "listen", "migrate", "cache"] as const;
const TLS: { readonly [mode: string]: PostgresSetting["tls"] } = {
  disable: "disable",
  "no-verify": "no-verify",
  require: "verify-full",
  "verify-ca": "verify-ca",
  "verify-full": "verify-full",
};

export const isPostgresAddress = (raw: unknown): raw is string => typeof raw === "string" && /^postgres(?:ql)?:\/\//.test(raw);

/** The setting, or `undefined` after a report, which shows nothing of the address but names of parameters. */
export function readPostgresAddress(raw: string, place: Place): PostgresSetting | undefined {
  const url = URL.parse(raw);
  const parts = url === null ? undefined : partsOf(url);
  if (url === null || parts === undefined) return place.fail("is no address of one PostgreSQL server", FORM);
  const given = new Map(url.searchParams);
  for (const name of given.keys()) {
    if (PARAMETERS.some((known) => known === name)) continue;
    const meant = suggest(name, PARAMETERS);
    return place.fail(
      `has the parameter ${shown(name)}, which is none`,
      meant === undefined ? `There are ${PARAMETERS.join(", ")}.` : `Did you mean ${meant}?`,
    );
  }
  const mode = given.get("sslmode") ?? "disable";
  const tls = TLS[mode];
  if (tls === undefined) {
    return place.fail(
      `has sslmode=${shown(mode)}, which would go without TLS where the server says so, or is none`,
      "Use sslmode=verify-full, or disable within one machine or network that you trust.",
    );
  }
  const schema = given.get("schema") ?? "coatcheck";
  if (!/^(?!pg_)[a-z_][a-z0-9_]{0,39}$/.test(schema))
    return place.fail("has no usable schema", "A schema has small letters, digits and _, at most 40.");
  const connections = Number(given.get("connections") ?? "10");
  if (!(Number.isInteger(connections) && connections >= 1 && connections <= 1000))
    return place.fail("has no usable connections", "It is a whole number from 1 to 1000.");
  const migrate = given.get("migrate") ?? "true";
  if (migrate !== "true" && migrate !== "false") return place.fail("has no usable migrate", "It is true or false.");
  const server = { host: given.get("host") ?? parts.host, port: parts.port };
  const listen = listenOf(given.get("listen"), server);
  if (listen === null) return place.fail("has no usable listen", "Name the server past the pooler as HOST:PORT, or none.");
  const cache = cacheOf(given.get("cache"));
  if (cache === null) return place.fail("has no usable cache", USABLE_CACHE);
  const certificate = given.get("sslrootcert");
  return {
    ...parts,
    ...server,
    kind: "postgres",
    tls,
    rootCertificate: certificate === undefined ? undefined : resolve(place.directory, certificate),
    schema,
    connections,
    listen,
    migrate: migrate === "true",
    cache,
  };
}

type Parts = Pick<PostgresSetting, "host" | "port" | "database" | "user" | "password">;

function partsOf({ hostname, port, pathname, username, password }: URL): Parts | undefined {
  try {
    const [host, database, user, secret] = [hostname, pathname.slice(1), username, password].map((part) =>
      decodeURIComponent(part),
    );
    if (host === undefined || host.includes(",") || !database || database.includes("/") || !user) return undefined;
    const name = host.replace(/^\[(.*)\]$/, "$1") || "localhost";
    return { host: name, port: Number(port || "5432"), database, user, password: secret || undefined };
  } catch {
    return undefined;
  }
}

/** `null` where it is none. */
function listenOf(raw: string | undefined, usual: Server): Server | undefined | null {
  if (raw === undefined) return usual;
  if (raw === "none") return undefined;
  const [, host, port = "5432"] = /^([^:/]+)(?::(\d{1,5}))?$/.exec(raw) ?? [];
  return host === undefined ? null : { host, port: Number(port) };
}

/** `db.example.com/app (PostgreSQL)`. */
export const formatPostgres = ({ host, database }: PostgresSetting): string => `${host}/${database} (PostgreSQL)`;
