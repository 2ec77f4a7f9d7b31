/** `coatcheck doctor`: tries what an app's configuration can only name. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { examine, type Finding, formatFindings } from "../doctor/examine.ts";
import { examinedOf } from "../doctor/subjects.ts";
import type { Auth } from "../http/auth.ts";
import type { Command } from "./terminal.ts";

const ENDINGS = ["ts", "mjs", "js"];
const USUAL: readonly string[] = ["auth", "src/auth", "app", "src/app"].flatMap((name) => ENDINGS.map((end) => `${name}.${end}`));

export const doctor: Command = async (args, { print, complain }) => {
  const json = args.includes("--json");
  const [given, more] = args.filter((arg) => arg !== "--json");
  const module = given ?? USUAL.find((file) => existsSync(file));
  if (module === undefined || given?.startsWith("-") === true || more !== undefined) {
    complain("coatcheck doctor takes the module that exports what coatcheck() gave:  npx coatcheck doctor auth.mjs");
    return 2;
  }
  // As `node --env-file=.env` does; what is set already stays.
  if (existsSync(".env")) process.loadEnvFile(".env");
  const found = await findingsOf(module);
  print(json ? JSON.stringify(found, null, 2) : formatFindings(found));
  const status = found.some(({ outcome }) => outcome === "fail") ? 1 : 0;
  // The module may be one that listens: nothing of it is waited for.
  return leave(status);
};

async function findingsOf(module: string): Promise<readonly Finding[]> {
  const failed = (said: string, remedy: string): readonly Finding[] => [
    { check: "configuration", subject: module, outcome: "fail", said, remedy },
  ];
  let exported: object;
  try {
    exported = await import(pathToFileURL(resolve(module)).href);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return failed(`cannot be loaded: ${said}`, "What it says is what to mend. Does it need variables that are set elsewhere?");
  }
  const found = Object.values(exported).filter(isExaminable);
  if (found.length === 0)
    return failed("exports nothing that coatcheck() gave", "Write there:  export const auth = coatcheck({ … })");
  return (await Promise.all(found.map((auth) => examine(auth)))).flat();
}

const isExaminable = (value: unknown): value is Auth<unknown> =>
  typeof value === "object" && value !== null && examinedOf(value) !== undefined;

async function leave(status: number): Promise<number> {
  process.exitCode = status;
  await new Promise((done) => process.stdout.write("", done));
  process.exit(status);
}
