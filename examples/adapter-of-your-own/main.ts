/** An app on the adapter of its own: `node examples/adapter-of-your-own/main.ts`. */
import { server as createServer } from "@hapi/hapi";
import { coatcheck } from "coatcheck";
import { memory } from "coatcheck/memory";
import { coatcheckHapi } from "./coatcheck-hapi.ts";

const env = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new TypeError(`${name} is missing`);
  return value;
};

const auth = coatcheck({
  publicUrl: env("PUBLIC_URL"),
  secrets: env("COATCHECK_SECRET"),
  store: memory(),
  provider: { issuer: env("ISSUER"), clientId: env("CLIENT_ID"), clientSecret: env("CLIENT_SECRET") },
});
const web = coatcheckHapi(auth);
const server = createServer({ port: env("PORT"), host: "localhost" });
await server.register(web.plugin);
server.route([
  { method: "GET", path: "/", handler: (request) => `Hello ${web.session(request).identity?.subject ?? "stranger"}` },
  {
    method: "GET",
    path: "/me",
    options: { plugins: { coatcheck: { user: true } } },
    handler: (request) => web.session(request).identity?.claims,
  },
]);
await server.start();
console.log(`listening on ${server.info.uri}`);

process.once("SIGTERM", async () => {
  await server.stop();
  await auth.close();
});
