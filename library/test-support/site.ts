/** A site behind the whole library, and browsers that visit it without a network. */
import type { AuditEvent, SessionStore } from "../src/contracts.ts";
import { coatcheck } from "../src/index.ts";
import { memory } from "../src/stores/memory.ts";
import type { StoredOptions } from "./auth.ts";
import { ORIGIN, SECRET } from "./origin.ts";
import type { LyingProvider } from "./provider/lies.ts";
import { NAVIGATION } from "./requests.ts";

export interface Visit {
  readonly method?: string;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string;
}

/** A browser that keeps cookies and follows nothing by itself. */
export interface Visitor {
  readonly jar: Map<string, string>;
  /** Every byte that it was sent: heads and bodies. */
  readonly seen: string[];
  get(target: string, headers?: Visit["headers"]): Promise<Response>;
  head(target: string, headers?: Visit["headers"]): Promise<Response>;
  post(target: string, headers?: Visit["headers"], body?: string): Promise<Response>;
  /** Signs in through the provider, to the redirect that the callback answers with. */
  signIn(op: LyingProvider, query?: string): Promise<Response>;
}

export interface Site {
  readonly store: SessionStore;
  readonly events: readonly AuditEvent[];
  visitor(jar?: ReadonlyMap<string, string>): Visitor;
  close(): Promise<void>;
}

/** A site whose pages say who is signed in. */
export function siteWith(options: Partial<StoredOptions<unknown>>): Site {
  const store = options.store ?? memory();
  const events: AuditEvent[] = [];
  const auth = coatcheck({ publicUrl: ORIGIN, secrets: SECRET, ...options, store, on: (event) => events.push(event) });
  const visit = (request: Request): Promise<Response> =>
    auth.handle(request, (session) => {
      const status = session.identity ? 200 : 401;
      const answer = new Response(session.identity?.subject ?? "nobody", { status });
      // The app's own way out, for what has to hold there as well.
      if (request.method === "POST" && new URL(request.url).pathname === "/log-out") session.logout();
      return answer;
    });
  return { store, events, visitor: (jar) => visitorOf(visit, new Map(jar)), close: () => auth.close() };
}

function visitorOf(visit: (request: Request) => Promise<Response>, jar: Map<string, string>): Visitor {
  const seen: string[] = [];
  async function send(target: string, { method = "GET", headers = {}, body }: Visit): Promise<Response> {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const all = new Headers({ ...NAVIGATION, host: new URL(ORIGIN).host, ...(cookie === "" ? {} : { cookie }), ...headers });
    const response = await visit(
      new Request(new URL(target, ORIGIN), { method, headers: all, ...(body === undefined ? {} : { body }) }),
    );
    for (const line of response.headers.getSetCookie()) {
      const [name = "", value = ""] = line.split(";")[0]?.split("=") ?? [];
      if (line.includes("Max-Age=0")) jar.delete(name);
      else jar.set(name, value);
    }
    seen.push(JSON.stringify([...response.headers]), await response.clone().text());
    return response;
  }
  const visitor: Visitor = {
    jar,
    seen,
    get: (target, headers) => send(target, { ...(headers === undefined ? {} : { headers }) }),
    head: (target, headers = {}) => send(target, { method: "HEAD", headers }),
    post: (target, headers = {}, body = "") =>
      send(target, { method: "POST", headers: { "sec-fetch-site": "same-origin", ...headers }, body }),
    async signIn(op, query = "") {
      const begun = await visitor.get(`/auth/login${query}`);
      const { location } = await op.authorize(begun.headers.get("location") ?? "");
      return visitor.get(location.pathname + location.search);
    },
  };
  return visitor;
}
