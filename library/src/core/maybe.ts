/** Values that may be promises. If a store answers at once, no promise and no closure is made. */
import type { MaybePromise } from "../contracts.ts";

/**
 * Goes on with a value: at once if it is here, else when its promise has settled. `context` is what the next step needs
 * besides, so that a function of the module can be named instead of a closure.
 */
export function then<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U>;
export function then<T, C, U>(
  value: MaybePromise<T>,
  next: (value: T, context: C) => MaybePromise<U>,
  context: C,
): MaybePromise<U>;
export function then(value: unknown, next: (value: unknown, context: unknown) => unknown, context?: unknown): unknown {
  return value instanceof Promise ? value.then((settled) => next(settled, context)) : next(value, context);
}
