/** Reads `redis://…`, `redis+cluster://…` and `redis+sentinel://…`, addresses of a store in Redis or Valkey. */
import { resolve } from "node:path";
import { suggest } from "coatcheck/settings";
import type { Place } from "../sources/place.ts";
import { cacheOf, USABLE_CACHE } from "./cache-parameter.ts";
import { shown } from "./kinds.ts";

interface Server {
  readonly host: string;
  readonly port: number;
}

/** A store in Redis or Valkey as it is configured. */
export interface RedisSetting {
  readonly kind: "redis";
  readonly form: "server" | "cluster" | "sentinel";
  /** The server, some nodes of the cluster, or the sentinels. */
  readonly servers: readonly Server[];
  readonly user: string | undefined;
  /** `undefined`: the server asks for none, or `storePassword` has it. */
  readonly password: string | undefined;
  /** The number of the database; a cluster has but one. */
  readonly database: number;
  /** By which name sentinels know the master. */
  readonly master: string | undefined;
  readonly tls: boolean;
  /** The file of the authorities that may have signed the servers' certificates. */
  readonly rootCertificate: string | undefined;
  /** Who the sentinels ask for, and the file of the password; `undefined`: they ask for none. */
  readonly sentinelUser: string | undefined;
  readonly sentinelPasswordFile: string | undefined;
  readonly prefix: string | undefined;
  readonly replicas: number | undefined;
  /** How long a row may let requests in, in milliseconds; `undefined`: none is kept. */
  readonly cache: number | undefined;
}

const ADDRESS = /^redis(s?)(?:\+(cluster|sentinel))?:\/\/(?:([^@/?#]*)@)?([^@/?#]+)(?:\/([^?#]*))?(?:\?([^#]*))?$/;
const FORM = [
  "Write redis://HOST:6379, rediss:// for TLS, redis+cluster://HOST,HOST,HOST or redis+sentinel://HOST,HOST,HOST/NAME,",
  "and the password into COATCHECK_STORE_PASSWORD or a file of it.",
].join(" ");
const PARAMETERS = ["prefix", "replicas", "ca", "cache", "sentinelUser", "sentinelPasswordFile"] as const;
const PORTS = { server: 6379, cluster: 6379, sentinel: 26_379 } as const;

export const isRedisAddress = (raw: unknown): raw is string =>
  typeof raw === "string" && /^rediss?(?:\+(?:cluster|sentinel))?:\/\//.test(raw);

/** The setting, or `undefined` after a report, which shows nothing of the address but names of parameters. */
export function readRedisAddress(raw: string, place: Place): RedisSetting | undefined {
  const [, secure, grouped, credentials = "", hosts = "", path = "", query = ""] = ADDRESS.exec(raw) ?? [];
  const form = grouped === "cluster" || grouped === "sentinel" ? grouped : "server";
  const servers = hosts.split(",").map((host) => serverOf(host, PORTS[form]));
  const known = servers.filter((server) => server !== undefined);
  const where = whereOf(form, path);
  const who = whoOf(credentials);
  const isWhole = known.length === servers.length && (form !== "server" || servers.length === 1);
  if (!isWhole || where === undefined || who === undefined) return place.fail("is no address of Redis", FORM);
  const given = new Map(new URLSearchParams(query));
  const unknown = [...given.keys()].find((name) => !PARAMETERS.some((one) => one === name));
  if (unknown !== undefined) {
    const meant = suggest(unknown, PARAMETERS);
    const right = meant === undefined ? `There are ${PARAMETERS.join(", ")}.` : `Did you mean ${meant}?`;
    return place.fail(`has the parameter ${shown(unknown)}, which is none`, right);
  }
  const prefix = given.get("prefix");
  if (prefix !== undefined && !/^[\w.:-]{1,100}$/.test(prefix))
    return place.fail("has no usable prefix", "A prefix has letters, digits and . : _ -");
  const replicas = given.get("replicas");
  if (replicas !== undefined && !/^\d{1,2}$/.test(replicas))
    return place.fail("has no usable replicas", "It is how many replicas must have a write: 0, 1, 2, …");
  const sentinelUser = given.get("sentinelUser");
  const passwordFile = given.get("sentinelPasswordFile");
  if (form !== "sentinel" && (sentinelUser ?? passwordFile) !== undefined)
    return place.fail("has an account for sentinels, and names none", FORM);
  const cache = cacheOf(given.get("cache"));
  if (cache === null) return place.fail("has no usable cache", USABLE_CACHE);
  const certificate = given.get("ca");
  return {
    kind: "redis",
    form,
    servers: known,
    ...who,
    ...where,
    tls: secure === "s",
    rootCertificate: certificate === undefined ? undefined : resolve(place.directory, certificate),
    sentinelUser,
    sentinelPasswordFile: passwordFile === undefined ? undefined : resolve(place.directory, passwordFile),
    prefix,
    replicas: replicas === undefined ? undefined : Number(replicas),
    cache,
  };
}

/** `HOST`, `HOST:PORT`, `[IPv6]:PORT`. */
function serverOf(text: string, usual: number): Server | undefined {
  const [, inBrackets, name, port] = /^(?:\[([\da-fA-F:.]+)\]|([^:[\]\s%]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = inBrackets ?? name;
  return host === undefined || Number(port) > 65_535 ? undefined : { host, port: Number(port ?? usual) };
}

/** The database, and behind sentinels before it the master's name. */
function whereOf(form: RedisSetting["form"], path: string): Pick<RedisSetting, "database" | "master"> | undefined {
  const parts = path.split("/");
  const master = form === "sentinel" ? parts.shift() : undefined;
  const [database = "", ...more] = parts;
  if ((form === "sentinel" && !master) || more.length > 0 || !/^\d{0,4}$/.test(database)) return undefined;
  if (form === "cluster" && Number(database) !== 0) return undefined;
  return { database: Number(database), master };
}

/** `USER:PASSWORD`, `:PASSWORD` or `USER`, each percent-encoded. */
function whoOf(credentials: string): Pick<RedisSetting, "user" | "password"> | undefined {
  const colon = credentials.indexOf(":");
  const user = colon === -1 ? credentials : credentials.slice(0, colon);
  const password = colon === -1 ? "" : credentials.slice(colon + 1);
  try {
    return { user: decodeURIComponent(user) || undefined, password: decodeURIComponent(password) || undefined };
  } catch {
    return undefined;
  }
}

/** `cache.example.com:6379 (Redis)`. */
export function formatRedis({ form, servers, master }: RedisSetting): string {
  const where = servers.map(({ host, port }) => `${host.includes(":") ? `[${host}]` : host}:${port}`).join(", ");
  const what = form === "server" ? "Redis" : form === "cluster" ? "Redis cluster" : `Redis, master ${master ?? ""}`;
  return `${where} (${what})`;
}
