/** Whether a server that is measured tells its users apart. */
import type { Running } from "../harness/measure.ts";
import { subjectOf } from "../load/people.ts";
import type { Ready } from "../servers/serving.ts";

/**
 * A server that lets every caller in, or none, would be quick: it is measured only if it tells one user from another.
 */
export async function verify(server: Running & Ready, path: string): Promise<void> {
  const url = `http://127.0.0.1:${server.port}${path}`;
  for (const index of new Set([0, server.credentials.length - 1])) {
    const [field = "", value = ""] = (server.credentials[index] ?? "").split(": ");
    const body = await (await fetch(url, { headers: { [field]: value } })).text();
    if (body !== subjectOf(index)) throw new Error(`${server.name} takes ${subjectOf(index)} for ${JSON.stringify(body)}`);
  }
  const body = await (await fetch(url)).text();
  if (body.includes("user-")) throw new Error(`${server.name} takes an anonymous caller for ${JSON.stringify(body)}`);
}
