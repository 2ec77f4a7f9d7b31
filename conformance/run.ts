/**
 * The black-box modules: `npm run conformance` on every adapter and on the gateway, with sessions in a store and in
 * sealed cookies; `npm run conformance -- --target URL` on a server that runs somewhere, as far as the public contract
 * reaches. `--prefix` belongs to the URL: https://app.example.com/auth.
 */
import { parseArgs } from "node:util";
import { GATEWAY_STORES, startGateway } from "./gateway.ts";
import { loadModules } from "./modules.ts";
import { limitOf } from "./sealed-limits.ts";
import { type Module, NotOffered, type Target } from "./target.ts";
import { foreignTarget, OWN_TARGETS, type OwnTarget, SEALED_TARGETS } from "./targets.ts";

type Outcome = { readonly kind: "passed" | "not offered" } | { readonly kind: "failed"; readonly error: unknown };

async function attempt(module: Module, target: Target): Promise<Outcome> {
  try {
    await module.run(target);
    return { kind: "passed" };
  } catch (error) {
    return error instanceof NotOffered ? { kind: "not offered" } : { kind: "failed", error };
  }
}

/** A target of our own, and why a module is not played there. */
interface Played {
  readonly name: string;
  readonly own: OwnTarget;
  readonly limitOf: (title: string) => string | undefined;
}

/** A server that is examined by its address. */
type Address = Pick<Played, "limitOf"> & { readonly origin: string };

const unlimited = (): undefined => undefined;
const PLAYED: readonly Played[] = [
  ...OWN_TARGETS.map((own) => ({ name: own.name, own, limitOf: unlimited })),
  ...(["marks", "alone"] as const).flatMap((kind) =>
    SEALED_TARGETS[kind].map((own) => ({
      name: `${own.name}, sealed cookie: ${kind}`,
      own,
      limitOf: (title: string) => limitOf(kind, title),
    })),
  ),
];

/** Runs a module against every target. It passes if every run passed. */
async function examine(module: Module, addresses: readonly Address[], own: readonly Played[]): Promise<Outcome["kind"]> {
  const outcomes: Outcome["kind"][] = [];
  const note = (where: string, outcome: Outcome): void => {
    outcomes.push(outcome.kind);
    if (outcome.kind === "failed") {
      const reason = outcome.error instanceof Error ? outcome.error.message : String(outcome.error);
      console.log(`  ${where}: ${reason.replaceAll("\n", "\n    ")}`);
    }
  };
  for (const { origin, limitOf: why } of addresses)
    if (why(module.title) === undefined) note(origin, await attempt(module, foreignTarget(origin)));
  for (const { name, own: one, limitOf: why } of own) {
    if (why(module.title) !== undefined) continue;
    await using opened = await one.open();
    note(name, await attempt(module, opened.target));
  }
  if (outcomes.includes("failed")) return "failed";
  return outcomes.includes("passed") ? "passed" : "not offered";
}

const { values } = parseArgs({ options: { target: { type: "string" } } });
const modules = await loadModules();
// The gateway is examined as a server of others would be: by its address, and by what the contract says.
const stores = values.target === undefined ? GATEWAY_STORES : [];
const gateways = await Promise.all(stores.map((store) => startGateway(store)));
const addresses: readonly Address[] = [
  ...(values.target === undefined ? [] : [{ origin: values.target, limitOf: unlimited }]),
  ...gateways.map(({ origin }, index) => ({
    origin,
    limitOf: stores[index] === "cookie:" ? (title: string) => limitOf("alone", title) : unlimited,
  })),
];
const counts = { passed: 0, failed: 0, "not offered": 0 };
for (const module of modules) {
  const kind = await examine(module, addresses, gateways.length === 0 ? [] : PLAYED);
  counts[kind] += 1;
  console.log(`${kind.padEnd(11)} ${module.title}`);
}
for (const gateway of gateways) await gateway[Symbol.asyncDispose]();
if (gateways.length > 0)
  for (const kind of ["marks", "alone"] as const) {
    const left = modules.filter(({ title }) => limitOf(kind, title) !== undefined).length;
    console.log(`sealed cookie: ${kind}: ${modules.length - left} played, ${left} not (docs/stores.md says why)`);
  }
console.log(`modules ${modules.length}, passed ${counts.passed}, failed ${counts.failed}, not offered ${counts["not offered"]}`);
process.exitCode = counts.failed === 0 ? 0 : 1;
