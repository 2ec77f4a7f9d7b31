/** A time limit around what a client promises. */
import { late } from "./failures.ts";

/** The same answer, or `ERR_STORE_UNAVAILABLE` after `limit` milliseconds. */
export function within<T>(limit: number, answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late(limit)), limit);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
