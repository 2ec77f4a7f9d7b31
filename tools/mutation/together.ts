/**
 * `node together.ts FILE…`: runs test files one after the other in one process, which spares each its start. Ends with
 * status 1 at the first test that fails. Which file it is at, by number, stands in the file that `COATCHECK_AT` names;
 * a dot for each test tells the caller that it goes on.
 */
import { writeFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";

/** The tests of a file are those of this test, and its hooks too. */
async function runFile(context: TestContext, file: string): Promise<void> {
  context.afterEach((done) => {
    process.stdout.write(".");
    if ("passed" in done && !done.passed) process.exit(1);
  });
  await import(pathToFileURL(file).href);
}

await test("together", async (context) => {
  for (const [index, file] of process.argv.slice(2).entries()) {
    writeFileSync(process.env["COATCHECK_AT"] ?? "/dev/null", String(index));
    await context.test(file, (inner) => runFile(inner, file));
  }
});
