/**
 * The black-box modules: `npm run conformance` on every adapter and on the gateway, `npm run conformance -- --target
 * URL` on a server that runs somewhere, as far as the public contract reaches. `--prefix` belongs to the URL:
 * https://app.example.com/auth.
 */
import { parseArgs } from "node:util";
import { startGateway } from "./gateway.ts";
import { loadModules } from "./modules.ts";
import { type Module, NotOffered, type Target } from "./target.ts";
import { foreignTarget, OWN_TARGETS, type OwnTarget } from "./targets.ts";

type Outcome = { readonly kind: "passed" | "not offered" } | { readonly kind: "failed"; readonly error: unknown };

async function attempt(module: Module, target: Target): Promise<Outcome> {
  try {
    await module.run(target);
    return { kind: "passed" };
  } catch (error) {
    return error instanceof NotOffered ? { kind: "not offered" } : { kind: "failed", error };
  }
}

/** Runs a module against every target. It passes if every run passed. */
async function examine(module: Module, addresses: readonly string[], own: readonly OwnTarget[]): Promise<Outcome["kind"]> {
  const outcomes: Outcome["kind"][] = [];
  const note = (where: string, outcome: Outcome): void => {
    outcomes.push(outcome.kind);
    if (outcome.kind === "failed") {
      const reason = outcome.error instanceof Error ? outcome.error.message : String(outcome.error);
      console.log(`  ${where}: ${reason.replaceAll("\n", "\n    ")}`);
    }
  };
  for (const address of addresses) note(address, await attempt(module, foreignTarget(address)));
  for (const { name, open } of own) {
    await using opened = await open();
    note(name, await attempt(module, opened.target));
  }
  if (outcomes.includes("failed")) return "failed";
  return outcomes.includes("passed") ? "passed" : "not offered";
}

const { values } = parseArgs({ options: { target: { type: "string" } } });
const modules = await loadModules();
// The gateway is examined as a server of others would be: by its address, and by what the contract says.
const gateway = values.target === undefined ? await startGateway() : undefined;
const addresses = [values.target ?? gateway?.origin].filter((address) => address !== undefined);
const counts = { passed: 0, failed: 0, "not offered": 0 };
for (const module of modules) {
  const kind = await examine(module, addresses, gateway === undefined ? [] : OWN_TARGETS);
  counts[kind] += 1;
  console.log(`${kind.padEnd(11)} ${module.title}`);
}
await gateway?.[Symbol.asyncDispose]();
console.log(`modules ${modules.length}, passed ${counts.passed}, failed ${counts.failed}, not offered ${counts["not offered"]}`);
process.exitCode = counts.failed === 0 ? 0 : 1;
