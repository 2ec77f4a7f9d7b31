/**
 * Loaded ahead of a test file in a process of its own: a process that ends before its tests are over has failed,
 * whatever status it ends with, and so has one that ran no test. Node takes the status for the result.
 */
import { after, beforeEach } from "node:test";
import { isMainThread } from "node:worker_threads";

/** What a test starts by itself may inherit the flags of its process, and is no test file. */
function isTestFile(): boolean {
  const started = process.argv[1] ?? "";
  return isMainThread && process.send === undefined && "NODE_TEST_CONTEXT" in process.env && /\.test\.m?[jt]s$/.test(started);
}

if (isTestFile()) {
  let over = false;
  // Not by what the runner hears: it names the file in which a test is written, which may be one that many use.
  let told = false;
  beforeEach(() => {
    told = true;
  });
  after(() => {
    over = true;
  });
  process.once("exit", () => {
    if (over && told) return;
    const why = over ? "told of no test" : "ended its process before its tests were over";
    console.error(`${process.argv[1]} ${why}`);
    process.exitCode = 1;
  });
}
