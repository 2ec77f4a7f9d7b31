/** What the tests of a file open, closed after each test. */
import { afterEach } from "node:test";

/** Takes what closes something; after each test they are called, the last one first. */
export function closingAfterEach(): (close: () => unknown) => void {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  return (close) => void closing.push(close);
}
