/**
 * Loaded ahead of a test file in a process of its own: a process that ends before its tests are over has failed,
 * whatever status it ends with. Node takes the status for the result.
 */
import { after } from "node:test";
import { isMainThread } from "node:worker_threads";

/** What a test starts by itself may inherit the flags of its process, and is no test file. */
function isTestFile(): boolean {
  const started = process.argv[1] ?? "";
  return isMainThread && process.send === undefined && "NODE_TEST_CONTEXT" in process.env && /\.test\.m?[jt]s$/.test(started);
}

if (isTestFile()) {
  let over = false;
  after(() => {
    over = true;
  });
  process.once("exit", () => {
    if (over) return;
    console.error(`${process.argv[1]} ended its process before its tests were over`);
    process.exitCode = 1;
  });
}
