/** A request as the engine sees it, of a browser that sends this cookie. */
import type { RequestView } from "../src/contracts.ts";

/** What a page needs that is for users alone. */
export const REQUIRE_USER = { require: "user" } as const;

/** A GET of `/`, if `more` says nothing else; an empty cookie is none. */
export function view(cookie: string, more: Partial<RequestView> = {}): RequestView {
  return { method: "GET", target: "/", header: (name) => (name === "cookie" && cookie !== "" ? cookie : undefined), ...more };
}
