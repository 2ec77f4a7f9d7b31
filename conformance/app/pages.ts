/** The pages of the example app, once for all adapters: each of these only carries them to the wire in its own way. */
import type { JsonObject, Session } from "coatcheck/contracts";

/** What a page says. */
export interface Said {
  readonly status: number;
  readonly body: JsonObject;
}

export type Page = (session: Session<JsonObject>, query: URLSearchParams) => Said | Promise<Said>;

/** Pages by method and path. `user`: for authenticated users only. */
export interface Pages {
  readonly open: ReadonlyMap<string, Page>;
  readonly user: ReadonlyMap<string, Page>;
}

const say = (body: JsonObject, status = 200): Said => ({ status, body });

/** What callers may see of themselves. */
function whoami(session: Session<JsonObject>): Said {
  const { identity, via, data, endedReason } = session;
  return say({ subject: identity?.subject ?? null, issuer: identity?.issuer ?? null, via, data, endedReason });
}

const count = (data: JsonObject, key: string): number => {
  const value = data[key];
  return typeof value === "number" ? value : 0;
};

/** The pages; `/slow` waits for `gate`. */
export function pages(gate: () => Promise<void>): Pages {
  const set = (session: Session<JsonObject>, query: URLSearchParams): void =>
    session.set({ [query.get("key") ?? "key"]: query.get("value") ?? "value" });
  const raise = (session: Session<JsonObject>, query: URLSearchParams): void => {
    const key = query.get("key") ?? "count";
    session.update((data) => ({ ...data, [key]: count(data, key) + 1 }));
  };
  const login = (session: Session<JsonObject>, query: URLSearchParams): void =>
    session.login({ issuer: "app", subject: query.get("subject") ?? "alice" }, { fresh: query.has("fresh") });

  const doing =
    (act: (session: Session<JsonObject>, query: URLSearchParams) => void): Page =>
    (session, query) => {
      act(session, query);
      return whoami(session);
    };

  const open: [string, Page][] = [
    ["GET /public", whoami],
    ["POST /data", doing(set)],
    ["POST /update", doing(raise)],
    ["POST /rotate", doing((session) => session.rotate())],
    ["POST /login-as", doing(login)],
    ["POST /log-out", doing((session) => session.logout())],
    [
      "POST /slow",
      async (session, query) => {
        await gate();
        if (query.has("update")) raise(session, query);
        if (query.has("key")) set(session, query);
        return say({ slow: true }, Number(query.get("status") ?? 200));
      },
    ],
    [
      "POST /boom",
      (session, query) => {
        set(session, query);
        if (query.has("subject")) login(session, query);
        if (query.has("logout")) session.logout();
        if (query.has("status")) return say({ boom: true }, Number(query.get("status")));
        throw new Error("boom");
      },
    ],
  ];
  const user: [string, Page][] = [
    ["GET /me", whoami],
    ["GET /token", async (session) => say({ token: await session.accessToken() })],
  ];
  return { open: new Map(open), user: new Map(user) };
}
