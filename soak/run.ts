/**
 * `npm run soak -- [NAME]`: long runs with real processes, under faults. Exit status 1 when something did not hold.
 */
import { parseArgs } from "node:util";
import { soakFuzz } from "./fuzz/fuzz.ts";
import { soakRefresh } from "./refresh/refresh.ts";

const HELP = `npm run soak -- [refresh | fuzz] [options]

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
    return (await (given.run === "fuzz" ? soakFuzz({ ...given, ...more }) : soakRefresh({ ...given, ...more }))) ? 0 : 1;
  } catch (error) {
    if (interrupted.signal.aborted) return 130;
    process.stderr.write(`soak: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
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
        seed: { type: "string", default: "1" },
        quick: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) return "";
    const unknown = positionals.find((name) => name !== "refresh" && name !== "fuzz");
    if (unknown !== undefined) return `there is no run ${unknown}`;
    const seed = Number(values.seed);
    if (!Number.isSafeInteger(seed)) return "--seed takes a whole number";
    return positionals.includes("fuzz") ? readFuzz(values, seed) : readRefresh(values, seed);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

interface Given {
  readonly expiries?: string | undefined;
  readonly requests?: string | undefined;
  readonly from?: string | undefined;
  readonly connections?: string | undefined;
  readonly minutes?: string | undefined;
  readonly quick: boolean;
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 1;

function readRefresh(given: Given, seed: number) {
  if ((given.requests ?? given.from ?? given.connections ?? given.minutes) !== undefined)
    return "--requests, --from, --connections and --minutes belong to fuzz";
  const size = given.quick ? QUICK : FULL;
  const expiries = Number(given.expiries ?? size.expiries);
  if (!isCount(expiries)) return "--expiries takes a whole number from 1";
  return { run: "refresh" as const, ...size, users: Math.min(size.users, expiries), expiries, seed };
}

function readFuzz(given: Given, seed: number) {
  if (given.expiries !== undefined) return "--expiries belongs to refresh";
  const requests = Number(given.requests ?? (given.quick ? FUZZ.quick : FUZZ.full));
  if (!isCount(requests)) return "--requests takes a whole number from 1";
  const [from, connections] = [Number(given.from ?? 0), given.connections === undefined ? null : Number(given.connections)];
  if (!Number.isSafeInteger(from) || from < 0) return "--from takes a whole number";
  if (connections !== null && !isCount(connections)) return "--connections takes a whole number from 1";
  const minutes = given.minutes === undefined ? null : Number(given.minutes);
  if (minutes !== null && !(minutes > 0)) return "--minutes takes a number above 0";
  return { run: "fuzz" as const, requests, seed, from, connections, minutes };
}

// Sockets and timers that are not needed any more must not keep us.
process.exit(await main());
