/**
 * Values that may be promises. A store that answers at once costs no promise, and the synchronous way no closure.
 * Nothing here may be called `then`: `import()` takes a module with such an export for a promise.
 */
import type { MaybePromise } from "../contracts.ts";

/**
 * Goes on with a value: at once if it is here, else when its promise has settled. `context` is what the next step needs
 * besides, so that a function of the module can be named instead of a closure.
 */
export function andThen<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U>;
export function andThen<T, C, U>(
  value: MaybePromise<T>,
  next: (value: T, context: C) => MaybePromise<U>,
  context: C,
): MaybePromise<U>;
export function andThen(value: unknown, next: (value: unknown, context: unknown) => unknown, context?: unknown): unknown {
  return value instanceof Promise ? value.then((settled) => next(settled, context)) : next(value, context);
}

/** Goes on with all of several values: at once if all of them are here. */
export function allThen<T, U>(values: readonly MaybePromise<T>[], next: (values: readonly T[]) => U): MaybePromise<U> {
  const here: T[] = [];
  for (const value of values) {
    if (value instanceof Promise) return Promise.all(values).then(next);
    here.push(value);
  }
  return next(here);
}
