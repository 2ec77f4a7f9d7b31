/** Shares the seeds among processes, and adds up what they found. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { GenerateOptions } from "./script/generate.ts";
import type { Found } from "./search.ts";

const RUN = fileURLToPath(new URL("run.ts", import.meta.url));

/** Shares the seeds among processes; what they print is read back. */
export async function searchParallel(from: number, count: number, options: GenerateOptions, processes: number): Promise<Found> {
  const each = Math.ceil(count / processes);
  const parts: Promise<Part>[] = [];
  for (let start = 0; start < count; start += each) parts.push(part(from + start, Math.min(each, count - start), options));
  const found = await Promise.all(parts);
  return {
    seeds: found.reduce((sum, { seeds }) => sum + seeds, 0),
    steps: found.reduce((sum, { steps }) => sum + steps, 0),
    violations: found.flatMap(({ violations }) => violations),
  };
}

type Part = Found;

async function part(from: number, count: number, { store }: GenerateOptions): Promise<Part> {
  const program = ["--input-type=module-typescript", "--eval", PROGRAM];
  const child = spawn(process.execPath, [...program, String(from), String(count), store ?? ""], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, SIMULATION: new URL("search.ts", `file://${RUN}`).href },
  });
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout) chunks.push(chunk);
  const answer: Part = JSON.parse(Buffer.concat(chunks).toString());
  return answer;
}

const PROGRAM = `
const { search } = await import(process.env.SIMULATION);
const [from, count, store] = process.argv.slice(1);
console.log(JSON.stringify(await search(Number(from), Number(count), store === "" ? {} : { store })));
`;
