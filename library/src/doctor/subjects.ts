/** Remembers how an app's session layer was put together, for whoever examines it later. */
import type { Examined } from "./finding.ts";

const subjects = new WeakMap<object, Examined>();

/** The same, and from now on it can be examined. */
export function examinable<Subject extends object>(auth: Subject, examined: Examined): Subject {
  subjects.set(auth, examined);
  return auth;
}

export const examinedOf = (auth: object): Examined | undefined => subjects.get(auth);
