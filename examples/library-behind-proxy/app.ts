/** The app of the example: notes in sessions whose user a proxy in front asserts. */
import { type AuditEvent, type Auth, coatcheck, type ProxyOptions, type SessionStore, unavailable } from "coatcheck";
import { coatcheckExpress } from "coatcheck/express";
import express, { type Express } from "express";
import type { Users } from "./users.ts";

export interface NotesOptions {
  readonly publicUrl: string;
  readonly secret: string | undefined;
  readonly store: SessionStore;
  readonly users: Users;
  /** Which proxy may name the user, and where a logout continues. */
  readonly proxy: Pick<ProxyOptions, "trusted" | "secret" | "signOutUrl">;
  readonly on?: (event: AuditEvent) => void;
}

interface Data {
  readonly notes?: readonly string[];
}

/** An app with notes in its sessions, behind a proxy that signs people on. */
export function notesApp({ publicUrl, secret, store, users, proxy, on }: NotesOptions): {
  readonly app: Express;
  readonly auth: Auth<Data>;
} {
  const auth = coatcheck<Data>({
    publicUrl,
    secrets: secret,
    store,
    // Names of its own: the gateway in front may use the usual ones.
    prefix: "/account",
    cookie: { name: "notes" },
    proxy: {
      preset: "oauth2-proxy",
      ...proxy,
      resolve: async ({ subject }) => {
        // The table of users that does not answer is an outage, and no user is signed out for it; any other error is a
        // bug.
        const user = await users.find(subject).catch(unavailable);
        if (user === undefined) return null;
        return user.blocked ? { blocked: true } : { owner: subject, claims: { name: user.name } };
      },
      unknown: "refuse",
    },
    ...(on === undefined ? {} : { on }),
  });
  const web = coatcheckExpress(auth);
  const app = express();
  app.disable("x-powered-by");
  // What depends on the user is kept by no cache, also not by the browser's.
  app.use((_, response, next) => {
    response.set("cache-control", "no-store");
    next();
  });
  app.use(web.session(), web.routes(), web.requireUser());

  app.get("/", (request, response) => {
    const { claims, data } = web.user(request);
    response.type("html").send(page(String(claims["name"]), data.notes ?? []));
  });
  app.get("/api/me", (request, response) => {
    const { identity, claims, data } = web.user(request);
    response.json({ subject: identity.subject, email: claims["email"], notes: data.notes ?? [] });
  });
  app.post("/notes", express.urlencoded({ extended: false }), (request, response) => {
    const { note } = request.body;
    if (typeof note === "string") web.user(request).update(({ notes = [] }) => ({ notes: [...notes, note] }));
    response.redirect(303, "/");
  });
  app.use(web.errors());
  return { app, auth };
}

function page(name: string, notes: readonly string[]): string {
  return `<!doctype html>
<html lang="en">
<title>Notes</title>
<link rel="icon" href="data:,">
<h1>Notes of ${escaped(name)}</h1>
<ul>${notes.map((note) => `<li>${escaped(note)}</li>`).join("")}</ul>
<form method="post" action="/notes"><label>Note <input name="note" required></label> <button>Write</button></form>
<p><a href="/">Read again</a></p>
<form method="post" action="/account/logout"><button>Sign out</button></form>
</html>
`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
