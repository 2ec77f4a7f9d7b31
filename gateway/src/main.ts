#!/usr/bin/env node
/** Where the command begins: what was compiled once is kept, so that the next start is quicker and smaller (F-51). */
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

// Not in the common temporary folder, which is Node's default: whoever can write there would say what this process runs.
const caches = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
enableCompileCache(process.env["NODE_COMPILE_CACHE"] || join(caches, "coatcheck-gateway"));
await import("./command-line.ts");
