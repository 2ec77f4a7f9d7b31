/** Paths of databases that are not there yet, in folders that go when the tests are over. */
import { after } from "node:test";
import { temporaryFolder } from "../../../tools/suite/temporary-folder.ts";

/** Runs with the path of a database, in a folder of its own. */
export async function withPath(run: (path: string, folder: string) => unknown): Promise<void> {
  using folder = temporaryFolder("sqlite");
  await run(folder.file("sessions.db"), folder.path);
}

/** Gives the path of another database at each call; all go after the tests of the file. */
export function freshPaths(): () => string {
  const folder = temporaryFolder("sqlite");
  after(() => folder[Symbol.dispose]());
  let files = 0;
  return () => {
    files += 1;
    return folder.file(`${files}.db`);
  };
}
