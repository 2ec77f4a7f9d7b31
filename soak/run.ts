/**
 * `npm run soak -- [NAME]`: long runs with real processes, under faults. Exit status 1 when something did not hold.
 */
import { parseArgs } from "node:util";
import { soakRefresh } from "./refresh.ts";

const HELP = `npm run soak -- [refresh] [options]

  refresh       three gateways on one file of sessions, a strictly rotating provider, users busy around every
                expiry of their access tokens, gateways killed and stopped meanwhile

  --expiries N  expiries of access tokens, over all users; 300
  --seed K      decides which faults come, and when; 1
  --quick       25 expiries and a fault more often: about a minute
`;

const FULL = { expiries: 300, users: 16, often: 3_000 };
const QUICK = { expiries: 25, users: 5, often: 2_000 };

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
    return (await soakRefresh({ ...given, print, signal: interrupted.signal })) ? 0 : 1;
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
        seed: { type: "string", default: "1" },
        quick: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) return "";
    const unknown = positionals.find((name) => name !== "refresh");
    if (unknown !== undefined) return `there is no run ${unknown}`;
    const size = values.quick ? QUICK : FULL;
    const [expiries, seed] = [Number(values.expiries ?? size.expiries), Number(values.seed)];
    if (!Number.isSafeInteger(expiries) || expiries < 1) return "--expiries takes a whole number from 1";
    if (!Number.isSafeInteger(seed)) return "--seed takes a whole number";
    return { ...size, users: Math.min(size.users, expiries), expiries, seed };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

// Sockets and timers that nobody needs any more must not keep us.
process.exit(await main());
