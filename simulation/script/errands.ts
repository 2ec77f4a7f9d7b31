/** Which kinds of request a tab sends, and how often each. */
import type { Errand } from "./script.ts";

/** Weights: how often a tab asks for what. */
const WEIGHTS: readonly (readonly [Errand, number])[] = [
  ["read", 20],
  ["page", 8],
  ["members", 14],
  ["token", 18],
  ["rejected", 3],
  ["edit", 16],
  ["edit-fails", 2],
  ["edit-throws", 2],
  ["rotate", 4],
  ["edit-rotates", 2],
  ["logout", 4],
  ["app-logout", 1],
  ["app-logout-fails", 1],
  ["app-login", 1],
  ["end-others", 1],
  ["login", 6],
];
/** What people ask for, as often as they do. */
export const ERRANDS = bag(WEIGHTS);

/** Behind a portal people come with pages, and hardly ever sign in. */
export const PORTAL_ERRANDS = bag([
  ...WEIGHTS.filter(([errand]) => errand !== "login"),
  ["page", 20],
  ["page-fails", 3],
  ["page-missing", 3],
  ["own-cookie", 3],
]);

export const ROBOT_ERRANDS = bag([
  ["members", 6],
  ["read", 3],
  ["edit", 1],
]);

function bag(weights: readonly (readonly [Errand, number])[]): readonly Errand[] {
  return weights.flatMap(([errand, weight]) => Array.from({ length: weight }, () => errand));
}
