/** `coatcheck init`: begins in a folder that has a `package.json`. Writes what is missing, and overwrites nothing. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "../terminal.ts";
import { addSecret, type Done, ignoreSecret } from "./environment-file.ts";
import { appModule, authModule, type Package, packageOf, startOf } from "./frameworks.ts";

const REGISTER = `
When you sign in with your own provider: register these addresses there,
  redirect address            http://localhost:3000/auth/callback
  after logout                http://localhost:3000/auth/signed-out
  back-channel logout         http://localhost:3000/auth/backchannel-logout   (if it can reach this machine)
and put its three values into .env:  COATCHECK_ISSUER, COATCHECK_CLIENT_ID, COATCHECK_CLIENT_SECRET
Then ask whether all is well:  npx coatcheck doctor`;

export const init: Command = (args, { print, complain }) => {
  if (args.length > 0) {
    complain("coatcheck init takes no arguments; it begins in the folder that it is called in");
    return 2;
  }
  const directory = process.cwd();
  const manifest = manifestOf(directory);
  if (manifest === undefined) {
    complain("coatcheck: there is no package.json here\n  Make one first:  npm init -y");
    return 2;
  }
  const found = packageOf(directory, manifest);
  const begun = hasApp(directory);
  const auth = `auth.${found.extension}`;
  const done: readonly Done[] = [
    addSecret(directory),
    ignoreSecret(directory),
    write(directory, auth, authModule, "made: the session layer, for every module that needs it"),
    ...(begun === undefined
      ? [write(directory, `app.${found.extension}`, appModule(found), `made: one page for users, ${wordsOf(found)}`)]
      : []),
  ];
  print(done.map(({ file, said }) => `  ${file.padEnd(12)}${said}`).join("\n"));
  if (found.without !== undefined)
    print(`\nThere is no adapter for ${found.without}. One of your own is short: docs/adapters.md; this is ${wordsOf(found)}.`);
  if (begun === undefined) print(`\nStart it, open http://localhost:3000, and pick a user:  ${startOf(found)}`);
  else print(`\n${begun} is yours. It takes these lines:\n\n${indented(appModule(found))}`);
  print(REGISTER);
  return 0;
};

function manifestOf(directory: string): object | undefined {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
    return typeof manifest === "object" && manifest !== null ? manifest : undefined;
  } catch {
    return undefined;
  }
}

/** The app that is there already, by the usual names. */
function hasApp(directory: string): string | undefined {
  const usual = /^(?:app|server|index|main)\.[cm]?[jt]sx?$/;
  const own = readdirSync(directory).find((name) => usual.test(name));
  if (own !== undefined || !existsSync(join(directory, "src"))) return own;
  const within = readdirSync(join(directory, "src")).find((name) => usual.test(name));
  return within === undefined ? undefined : `src/${within}`;
}

function write(directory: string, file: string, text: string, said: string): Done {
  const path = join(directory, file);
  if (existsSync(path)) return { file, said: "is there already, kept" };
  writeFileSync(path, text, { flag: "wx" });
  return { file, said };
}

const wordsOf = ({ framework }: Package): string =>
  ({ express: "with Express", hono: "with Hono", fetch: "with Fetch", node: "with node:http" })[framework];

const indented = (text: string): string => text.replace(/^(?=.)/gm, "  ").trimEnd();
