/** The framework that a package uses, and an app to begin with for each. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { omitUndefined } from "../../core/options/omit-undefined.ts";

type Framework = "express" | "hono" | "fetch" | "node";

/** What is known of the package that the command runs in. */
export interface Package {
  readonly framework: Framework;
  /** A framework that it uses and for which there is no adapter. */
  readonly without?: string;
  /** Of the files that are written: `ts` in a package of TypeScript, else `mjs`. */
  readonly extension: "ts" | "mjs";
}

const UNSUPPORTED: readonly string[] = ["fastify", "koa", "next", "@hapi/hapi", "@nestjs/core", "@sveltejs/kit", "nuxt"];
/** Runtimes whose servers speak Fetch. */
const FETCH_FILES: readonly string[] = ["bun.lock", "bun.lockb", "deno.json", "deno.jsonc"];

/** Looks at the dependencies first, then at what lies beside `package.json`. */
export function packageOf(directory: string, manifest: object): Package {
  const names = new Set(["dependencies", "devDependencies"].flatMap((key) => Object.keys(Object(Reflect.get(manifest, key)))));
  const has = (file: string): boolean => existsSync(join(directory, file));
  const extension = names.has("typescript") || has("tsconfig.json") ? "ts" : "mjs";
  for (const framework of ["express", "hono"] as const) if (names.has(framework)) return { framework, extension };
  const framework = FETCH_FILES.some(has) ? "fetch" : "node";
  const without = UNSUPPORTED.find((name) => names.has(name));
  return { framework, extension, ...omitUndefined({ without }) };
}

/** The module that puts the session layer together; the same for every framework. */
export const authModule = `import { coatcheck } from "coatcheck";
import { devProvider } from "coatcheck/dev";
import { sqlite } from "coatcheck/sqlite";

const { COATCHECK_ISSUER: issuer, COATCHECK_CLIENT_ID: clientId = "", COATCHECK_CLIENT_SECRET: clientSecret = "" } = process.env;

export const auth = coatcheck({
  publicUrl: process.env["COATCHECK_PUBLIC_URL"] ?? "http://localhost:3000",
  secrets: process.env["COATCHECK_SECRET"],
  store: sqlite("sessions.db"),
  provider: issuer ? { issuer, clientId, clientSecret } : devProvider({ users: ["alice", "bob"] }),
});
`;

const SIGN_OUT = `<form method="post" action="/auth/logout"><button>Sign out</button></form>`;

/** An app with one page, for users. */
export function appModule({ framework, extension }: Package): string {
  return APPS[framework].replace("./auth", `./auth.${extension}`);
}

const APPS: { readonly [framework in Framework]: string } = {
  express: `import { coatcheckExpress } from "coatcheck/express";
import express from "express";
import { auth } from "./auth";

const app = express();
const web = coatcheckExpress(auth);
app.use(web.session(), web.routes());
app.get("/", web.requireUser(), (req, res) => {
  res.send(\`<p>You are \${web.user(req).identity.subject}.</p>${SIGN_OUT}\`);
});
app.use(web.errors());
app.listen(3000, "localhost", () => console.log("open http://localhost:3000"));
`,
  hono: `import { serve } from "@hono/node-server";
import { coatcheckHono } from "coatcheck/hono";
import { Hono } from "hono";
import { auth } from "./auth";

const on = coatcheckHono(auth);
const app = new Hono().use(on.session());
app.get("/", on.requireUser(), (c) =>
  c.html(\`<p>You are \${c.var.session.identity.subject}.</p>${SIGN_OUT}\`),
);
serve({ fetch: app.fetch, hostname: "localhost", port: 3000 }, () => console.log("open http://localhost:3000"));
`,
  node: `import { createServer } from "node:http";
import { coatcheckNode } from "coatcheck/node";
import { auth } from "./auth";

const web = coatcheckNode(auth);
const app = web.userHandler((_request, response, session) => {
  response.setHeader("content-type", "text/html; charset=utf-8");
  response.end(\`<p>You are \${session.identity.subject}.</p>${SIGN_OUT}\`);
});
createServer(app).listen(3000, "localhost", () => console.log("open http://localhost:3000"));
`,
  fetch: `import { coatcheckFetch } from "coatcheck/fetch";
import { auth } from "./auth";

const web = coatcheckFetch(auth);
const page = web.userHandler((session) => {
  const headers = { "content-type": "text/html; charset=utf-8" };
  return new Response(\`<p>You are \${session.identity.subject}.</p>${SIGN_OUT}\`, { headers });
});
export default { hostname: "localhost", port: 3000, fetch: (request) => page(request) };
`,
};

/** How the app is started. */
export function startOf({ framework, extension }: Package): string {
  return framework === "fetch" ? `bun app.${extension}` : `node --env-file=.env app.${extension}`;
}
