/** The demo's app: plain pages behind the gateway, which tells it the user in headers. */
import { coatcheck } from "coatcheck";
import { coatcheckExpress } from "coatcheck/express";
import { sqlite } from "coatcheck/sqlite";
import express, { type ErrorRequestHandler, type Express, type Request } from "express";
import { serveAsset } from "../assets.ts";
import { pageHeaders } from "../html.ts";
import { dataOf, LONGEST_NOTE, MOST_NOTES, NOTES_SCHEMA, type NotesData } from "./notes.ts";
import { deskPage, frontPage, missingPage } from "./pages.ts";

export interface AppOptions {
  /** Where browsers find the gateway. */
  readonly origin: string;
  /** Where the gateway sends people to sign in and out. */
  readonly issuer: string;
  readonly secret: string;
  /** The file of the app's own sessions. */
  readonly file: string;
}

export interface ExampleApp {
  readonly app: Express;
  close(): Promise<void>;
}

/**
 * Who the gateway says is there. It may be believed because only the gateway reaches this app: it listens on this
 * machine alone.
 */
export interface Visitor {
  readonly user: string;
  readonly name: string;
  readonly email: string;
  readonly groups: readonly string[];
}

/**
 * An app as one would write it behind the gateway: it reads headers, and knows nothing of tickets, tokens and
 * providers. What it wants to remember of a visit it keeps in a session of its own, in a cookie of its own, with the
 * same library.
 */
export function exampleApp({ origin, issuer, secret, file }: AppOptions): ExampleApp {
  const store = sqlite(file);
  const auth = coatcheck<NotesData>({ publicUrl: origin, secrets: secret, store, cookie: { name: "demo" }, data: NOTES_SCHEMA });
  const web = coatcheckExpress(auth);
  const app = express();
  app.disable("x-powered-by");

  const headers = pageHeaders([issuer]);
  app.use((request, response, next) => {
    const asset = request.method === "GET" || request.method === "HEAD" ? serveAsset(request.path) : undefined;
    if (asset === undefined) response.set(headers);
    else response.set({ "x-content-type-options": "nosniff", "cache-control": "no-cache" }).type(asset.type).send(asset.content);
    if (asset === undefined) next();
  });
  app.use(web.session());

  app.get("/", (request, response) => {
    response.send(frontPage(visitorOf(request), false));
  });
  // The gateway's `signedOutPage`: who comes back from the provider's logout lands here.
  app.get("/signed-out", (request, response) => {
    response.send(frontPage(visitorOf(request), true));
  });
  app.get("/desk", (request, response) => {
    const visitor = visitorOf(request);
    if (visitor === undefined) response.redirect(303, "/");
    else response.send(deskPage({ visitor, notes: dataOf(web.of(request), visitor).notes, seen: whatArrived(request), origin }));
  });
  app.post("/desk/notes", express.urlencoded({ extended: false, limit: "4kb", parameterLimit: 8 }), (request, response) => {
    const visitor = visitorOf(request);
    const note = noteOf(request);
    if (visitor === undefined) response.redirect(303, "/");
    else if (note === undefined)
      response.status(400).send(missingPage("Nothing to write", `A note has 1 to ${LONGEST_NOTE} characters.`));
    else {
      const session = web.of(request);
      // Another user's notes do not come along: `login` keeps the data of the same identity only.
      if (session.identity?.subject !== visitor.user) session.login({ issuer, subject: visitor.user, claims: {} });
      session.update(({ notes }) => ({ notes: [note, ...notes].slice(0, MOST_NOTES) }));
      response.redirect(303, "/desk#notes");
    }
  });
  app.post("/desk/notes/clear", (request, response) => {
    const visitor = visitorOf(request);
    const session = web.of(request);
    if (visitor !== undefined && session.identity?.subject === visitor.user) session.update(() => ({ notes: [] }));
    response.redirect(303, "/desk#notes");
  });
  app.use((_request, response) => {
    response.status(404).send(missingPage("There is nothing here", "The address leads nowhere in this app."));
  });
  app.use(web.errors(), failed);

  return {
    app,
    async close() {
      await auth.close();
      await store.close();
    },
  };
}

const failed: ErrorRequestHandler = (error, _request, response, next) => {
  if (response.headersSent) return next(error);
  const status: unknown = Reflect.get(Object(error), "status");
  const known = typeof status === "number" && status >= 400 && status < 500;
  response.status(known ? status : 500);
  response.send(missingPage(known ? "This cannot be read" : "Something broke", "Go back and try again."));
};

function visitorOf(request: Request): Visitor | undefined {
  const [user, name, email, groups] = ["user", "preferred-username", "email", "groups"].map((what) => header(request, what));
  if (!user) return undefined;
  return { user, name: name || user, email: email ?? "", groups: (groups ?? "").split(",").filter((group) => group !== "") };
}

/** The gateway writes UTF-8; Node reads header bytes as Latin-1. */
function header(request: Request, what: string): string {
  return Buffer.from(request.get(`x-auth-request-${what}`) ?? "", "latin1").toString("utf8");
}

/** What the page shows of the request as it came through the gateway: identity headers, and the names of cookies. */
function whatArrived(request: Request): readonly (readonly [name: string, value: string])[] {
  const identity = Object.keys(request.headers)
    .filter((name) => name.startsWith("x-auth-request-"))
    .map((name) => [name, header(request, name.slice("x-auth-request-".length))] as const);
  const cookies = (request.get("cookie") ?? "").split(";").map((pair) => pair.split("=")[0]?.trim() ?? "");
  return [...identity, ["cookie", cookies.filter((name) => name !== "").join(", ")]];
}

function noteOf(request: Request): string | undefined {
  const body: unknown = request.body;
  const note: unknown = typeof body === "object" && body !== null ? Reflect.get(body, "note") : undefined;
  if (typeof note !== "string") return undefined;
  const text = note.trim();
  return text === "" || text.length > LONGEST_NOTE ? undefined : text;
}
