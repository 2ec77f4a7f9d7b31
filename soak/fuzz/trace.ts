/** Prints a connection for a reader: plan, bytes sent and bytes received, without secrets. */
import type { Played } from "./clients/client.ts";
import type { Step } from "./clients/messages.ts";
import { expectedOf } from "./expected.ts";
import type { ConnectionPlan } from "./plan.ts";

const MOST_OF_BYTES = 700;

/** A connection as a person reads it: what was planned, what was sent, what came. Cookies and tokens are left out. */
export function traceOf(plan: ConnectionPlan, steps: readonly Step[], played: Played | null): string {
  const { index, pace, deaf, ending, leaves, outage, requests } = plan;
  const lines = [
    `  connection ${index}: ${pace}, ends by ${ending}${ending === "destroy" || ending === "reset" ? ` after ${leaves} ms` : ""}`,
  ];
  if (deaf > 0) lines.push(`    reads nothing for ${deaf} ms`);
  if (outage) lines.push("    the store fails meanwhile");
  for (const request of requests) {
    const { app, own, users } = expectedOf(request);
    const { id, ...rest } = request;
    const said = Object.entries(rest).filter(([, value]) => value !== null && value !== false);
    lines.push(
      `    ${id}: ${said.map(([name, value]) => `${name} ${typeof value === "object" ? JSON.stringify(value) : value}`).join(", ")}`,
    );
    lines.push(
      `      the app ${app} be asked${users.length > 0 ? ` (for ${users.map((user) => user || "an anonymous caller").join(" or ")})` : ""}; the gateway may say ${own.join(", ") || "nothing"}`,
    );
  }
  for (const line of shown(steps)) lines.push(`    > ${line}`);
  if (played === null) return [...lines, "    and what came is not known"].join("\n");
  for (const { status, headers, interim, body, complete, closes } of played.answers) {
    for (const hint of interim) lines.push(`    < ${hint.status} (interim)`);
    const told = headers.filter(([name]) => /^(x-fuzz|content-length|transfer|connection|trailer|location)/.test(name));
    lines.push(
      `    < ${status} ${told.map((header) => header.join(": ")).join(", ")}; ${body.length} bytes${complete ? "" : ", broken off"}${closes ? ", closes" : ""}`,
    );
    if (status >= 400 && !headers.some(([name]) => name === "x-fuzz-id")) lines.push(`      ${body.toString("latin1", 0, 160)}`);
  }
  for (const hint of played.interim) lines.push(`    < ${hint.status} (interim, and no answer)`);
  if (played.tunnel !== "") lines.push(`    < ${JSON.stringify(played.tunnel.slice(0, 200))} (in the tunnel)`);
  if (played.fault !== null) lines.push(`    ! ${played.fault}`);
  lines.push(`    over: ${played.over}, after ${Math.round(played.until - played.from)} ms`);
  return lines.join("\n");
}

/** Steps by lines; what was written piece by piece stands together, so that a secret cannot hide in two pieces. */
function shown(steps: readonly Step[]): readonly string[] {
  const lines: string[] = [];
  let pieces: Buffer[] = [];
  const flush = (): void => {
    if (pieces.length > 0) lines.push(shownBytes(pieces));
    pieces = [];
  };
  for (const step of steps) {
    if (step.do === "write" && step.begins !== undefined) flush();
    if (step.do === "write") pieces.push(step.bytes);
    else if (step.do !== "pause") {
      flush();
      lines.push(
        step.do === "end"
          ? "ends its side"
          : `waits for ${step.do === "await" ? "the answer to" : "100 for"} request ${step.turn}`,
      );
    }
  }
  flush();
  return lines;
}

function shownBytes(pieces: readonly Buffer[]): string {
  const all = Buffer.concat(pieces);
  const text = all.toString("latin1").replace(/(cookie: |authorization: Bearer )[^\r\n]*/g, "$1…");
  const much = text.length > MOST_OF_BYTES ? `${text.slice(0, MOST_OF_BYTES)}… (${all.length} bytes)` : text;
  return JSON.stringify(much) + (pieces.length > 1 ? ` (in ${pieces.length} pieces)` : "");
}
