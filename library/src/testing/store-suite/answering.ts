/** Holds a store under test to answering: a promise that is never settled fails the case by the call's name. */
import type { MaybePromise, SessionStore } from "../../contracts.ts";

/** Longer than any call of a case takes, milliseconds. */
const LONGEST = 20_000;

/** The same store, whose promises reject once they have been waited for too long. */
export function answering(store: SessionStore, longest = LONGEST): SessionStore {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return (...given: readonly unknown[]): unknown => settled(Reflect.apply(member, target, given), String(name), longest);
    },
  });
}

function settled<T>(answer: MaybePromise<T>, call: string, longest: number): MaybePromise<T> {
  if (!(answer instanceof Promise)) return answer;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`F-12 ${call} did not answer within ${longest} ms`)), longest);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
