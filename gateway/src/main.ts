#!/usr/bin/env node
/** Entry point of the command. Compiled code is cached, so that the next start is quicker and smaller (F-51). */
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { collectAlone } from "./cli/collector.ts";

// Not in the common temporary folder, Node's default: every user who can write there could choose what this process
// runs.
function cacheFolder(): string | undefined {
  const named = process.env["NODE_COMPILE_CACHE"];
  if (named) return named;
  try {
    return join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "coatcheck-gateway");
  } catch {
    // A user without a home, as in a container with a number for a name: it starts without a cache.
    return undefined;
  }
}

// Before anything is compiled: what is kept of that is for processes of the same flags alone.
collectAlone();
const folder = cacheFolder();
if (folder !== undefined) enableCompileCache(folder);
await import("./command-line.ts");
