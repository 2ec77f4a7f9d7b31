/**
 * `npm run soak -- [NAME]`: long runs with real processes, under faults. Exit status 1 when something did not hold.
 */
import { parseArgs } from "node:util";
import { soakFuzz } from "./fuzz/fuzz.ts";
import { soakRefresh } from "./refresh/refresh.ts";
import { soakReplicas } from "./replicas/replicas.ts";
import type { StoreName } from "./replicas/stores/run-store.ts";

const HELP = `npm run soak -- [refresh | fuzz | replicas] [options]

  refresh       three gateways on one file of sessions, a strictly rotating provider, users busy around every
                expiry of their access tokens, gateways killed and stopped meanwhile

  --expiries N  expiries of access tokens, over all users; 300
  --seed K      decides which faults come, and when; 1
  --quick       25 expiries and a fault more often: about a minute

  fuzz          one gateway, hostile and unlucky clients on raw connections, an app with odd answers, a store that fails

  --requests N  requests, over all connections; 1000000
  --seed K      decides what each connection does; 1
  --quick       12000 requests: less than a minute
  --minutes N   ends after so many minutes at the latest, and judges what was played until then
  --from N      the first connection, and
  --connections M   so many of them: plays again what a run complained of

  replicas      three gateways and two apps behind HAProxy on one store, users who sign in, write and sign out;
                processes killed and stopped, the store restarted and failed over, the secret exchanged meanwhile

  --store NAME  postgres or redis (a cluster); both, one after the other
  --minutes N   how long users and faults go on, on each store; 10
  --seed K      decides what users do and which faults come; 1
  --quick       a minute
`;

const FULL = { expiries: 300, users: 16, often: 3_000 };
const QUICK = { expiries: 25, users: 5, often: 2_000 };
const FUZZ = { full: 1_000_000, quick: 12_000 };

async function main(): Promise<number> {
  const given = readArguments();
  if (typeof given === "string") {
    process.stderr.write(given === "" ? HELP : `${given}\n\n${HELP}`);
    return given === "" ? 0 : 2;
  }
  const interrupted = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => interrupted.abort());
  try {
    const print = (text: string): void => void process.stdout.write(`${text}\n`);
    const more = { print, signal: interrupted.signal };
    return (await play(given, more)) ? 0 : 1;
  } catch (error) {
    if (interrupted.signal.aborted) return 130;
    process.stderr.write(`soak: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

type Given = Exclude<ReturnType<typeof readArguments>, string>;

async function play(
  given: Given,
  more: { readonly print: (text: string) => void; readonly signal: AbortSignal },
): Promise<boolean> {
  if (given.run === "fuzz") return soakFuzz({ ...given, ...more });
  if (given.run === "refresh") return soakRefresh({ ...given, ...more });
  for (const store of given.stores) if (!(await soakReplicas({ ...given, ...more, store }))) return false;
  return true;
}

/** What to run; else what is wrong with the arguments, and nothing where help is wanted. */
function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        expiries: { type: "string" },
        requests: { type: "string" },
        from: { type: "string" },
        connections: { type: "string" },
        minutes: { type: "string" },
        store: { type: "string" },
        seed: { type: "string", default: "1" },
        quick: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) return "";
    const unknown = positionals.find((name) => !["refresh", "fuzz", "replicas"].includes(name));
    if (unknown !== undefined) return `there is no run ${unknown}`;
    const seed = Number(values.seed);
    if (!Number.isSafeInteger(seed)) return "--seed takes a whole number";
    if (positionals.includes("replicas")) return readReplicas(values, seed);
    if (values.store !== undefined) return "--store belongs to replicas";
    return positionals.includes("fuzz") ? readFuzz(values, seed) : readRefresh(values, seed);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

interface Values {
  readonly store?: string | undefined;
  readonly expiries?: string | undefined;
  readonly requests?: string | undefined;
  readonly from?: string | undefined;
  readonly connections?: string | undefined;
  readonly minutes?: string | undefined;
  readonly quick: boolean;
}

const STORES: readonly StoreName[] = ["postgres", "redis"];
const MINUTES = "--minutes takes a number above 0";
const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 1;

function readRefresh(given: Values, seed: number) {
  if ((given.requests ?? given.from ?? given.connections ?? given.minutes) !== undefined)
    return "--requests, --from, --connections and --minutes belong to fuzz";
  const size = given.quick ? QUICK : FULL;
  const expiries = Number(given.expiries ?? size.expiries);
  if (!isCount(expiries)) return "--expiries takes a whole number from 1";
  return { run: "refresh" as const, ...size, users: Math.min(size.users, expiries), expiries, seed };
}

function readFuzz(given: Values, seed: number) {
  if (given.expiries !== undefined) return "--expiries belongs to refresh";
  const requests = Number(given.requests ?? (given.quick ? FUZZ.quick : FUZZ.full));
  if (!isCount(requests)) return "--requests takes a whole number from 1";
  const [from, connections] = [Number(given.from ?? 0), given.connections === undefined ? null : Number(given.connections)];
  if (!Number.isSafeInteger(from) || from < 0) return "--from takes a whole number";
  if (connections !== null && !isCount(connections)) return "--connections takes a whole number from 1";
  const minutes = given.minutes === undefined ? null : Number(given.minutes);
  if (minutes !== null && !(minutes > 0)) return MINUTES;
  return { run: "fuzz" as const, requests, seed, from, connections, minutes };
}

function readReplicas(given: Values, seed: number) {
  if ((given.requests ?? given.from ?? given.connections ?? given.expiries) !== undefined)
    return "--requests, --from, --connections and --expiries do not belong to replicas";
  const minutes = Number(given.minutes ?? (given.quick ? 1 : 10));
  if (!(minutes > 0)) return MINUTES;
  const stores = STORES.filter((name) => given.store === undefined || given.store === name);
  if (stores.length === 0) return `--store takes ${STORES.join(" or ")}`;
  return { run: "replicas" as const, stores, minutes, seed };
}

// Sockets and timers that are not needed any more must not keep us.
process.exit(await main());
