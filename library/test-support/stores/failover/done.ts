/** Whether a store answered. */
import assert from "node:assert/strict";
import { CoatcheckError } from "../../../src/core/errors.ts";

/** Whether a write was answered as done; `false` for an outage, which leaves it open. */
export async function isDone(write: () => unknown): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    assert.ok(error instanceof CoatcheckError && error.code === "ERR_STORE_UNAVAILABLE", String(error));
    return false;
  }
}
