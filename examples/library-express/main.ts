/**
 * Coatcheck in an Express app, without a gateway. It needs an OpenID provider that knows the address
 * `$PUBLIC_URL/auth/callback`:
 *
 *     export COATCHECK_SECRET=$(openssl rand -base64 32 | tr '+/' '-_' | tr -d '=')
 *     ISSUER=https://id.example.com CLIENT_ID=app CLIENT_SECRET=… node main.ts
 */
import { coatcheck } from "coatcheck";
import { coatcheckExpress } from "coatcheck/express";
import { sqlite } from "coatcheck/sqlite";
import express from "express";

const { COATCHECK_SECRET, ISSUER = "", CLIENT_ID = "", CLIENT_SECRET = "" } = process.env;
const port = Number(process.env["PORT"] ?? 3000);
const store = sqlite(process.env["DATABASE"] ?? "app.db");

const auth = coatcheck<{ cart?: readonly string[] }>({
  publicUrl: process.env["PUBLIC_URL"] ?? `http://localhost:${port}`,
  secrets: COATCHECK_SECRET,
  store,
  provider: { issuer: ISSUER, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET },
});
const web = coatcheckExpress(auth);

const app = express();
app.disable("x-powered-by");
app.use(web.session(), web.routes());

app.get("/", (request, response) => {
  const { identity } = web.of(request);
  response.type("text").send(identity === null ? "You are not signed in. Try /me\n" : `You are ${identity.subject}.\n`);
});
app.get("/me", web.requireUser(), (request, response) => {
  const { claims, data } = web.user(request);
  response.json({ claims, cart: data.cart ?? [] });
});
app.post("/cart/:item", web.requireUser(), (request, response) => {
  const { item } = request.params;
  web.of(request).update(({ cart = [] }) => ({ cart: [...cart, String(item)] }));
  response.redirect(303, "/me");
});
app.get("/token", web.requireUser(), async (request, response) => {
  const token = await web.user(request).accessToken();
  response.json({ length: token.length });
});
app.use(web.errors());

const server = app.listen(port, "127.0.0.1", () => console.log(`listening on http://localhost:${port}`));

process.once("SIGTERM", async () => {
  server.close();
  server.closeAllConnections();
  await auth.close();
  await store.close();
});
