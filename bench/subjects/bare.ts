/** Starts the bare servers that others are measured over. */
import type { Running } from "../harness/measure.ts";
import type { Stage } from "../harness/stage.ts";

/**
 * Starts a bare server for one that is measured over it. There are as many as of those, since who works more often is
 * quicker, and each is in luck or not with where its memory lies. Those are asked who is who, and so have served
 * another client than the load: so has this.
 */
export async function startBare(stage: Stage, name: string, file: string, given: readonly string[] = []): Promise<Running> {
  const server = await stage.start(name, file, given);
  for (let visit = 0; visit < 3; visit++) await (await fetch(`http://127.0.0.1:${server.port}/`)).text();
  return server;
}
