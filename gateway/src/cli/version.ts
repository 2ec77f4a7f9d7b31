/** `coatcheck version`: prints the version. */
import { readFileSync } from "node:fs";
import type { Command } from "./command.ts";

/** The version of this package, from its own manifest. */
export function versionOf(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  const found = typeof manifest === "object" && manifest !== null && "version" in manifest ? manifest.version : undefined;
  return typeof found === "string" ? found : "unknown";
}

export const version: Command = (_args, { print }) => {
  print(`coatcheck ${versionOf()}`);
  return 0;
};
