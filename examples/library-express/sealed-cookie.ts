/**
 * Sessions in sealed cookies, in an Express app that signs people in itself. Without `MARKS` there is no store at all;
 * with it a file keeps markers, so that a logout ends the session for a copied cookie too.
 *
 *     export COATCHECK_SECRET=$(openssl rand -base64 32 | tr '+/' '-_' | tr -d '=')
 *     MARKS=marks.db node sealed-cookie.ts
 */
import { coatcheck } from "coatcheck";
import { sealedCookie } from "coatcheck/cookie";
import { coatcheckExpress } from "coatcheck/express";
import { sqlite } from "coatcheck/sqlite";
import express from "express";

const { COATCHECK_SECRET, MARKS } = process.env;
const port = Number(process.env["PORT"] ?? 3000);
const marks = MARKS === undefined ? undefined : sqlite(MARKS);

const auth = coatcheck<{ theme?: string }>({
  publicUrl: `http://localhost:${port}`,
  secrets: COATCHECK_SECRET,
  store: marks === undefined ? sealedCookie() : sealedCookie({ marks }),
  session: { lifetime: "8h" },
});
const web = coatcheckExpress(auth);

const app = express();
app.use(web.session(), web.routes());
app.post("/sign-in/:name", (request, response) => {
  web.of(request).login({ issuer: "app", subject: request.params.name }); // after you have checked a password
  response.sendStatus(204);
});
app.post("/theme/:name", web.requireUser(), (request, response) => {
  const { name } = request.params;
  web.of(request).set({ theme: String(name) });
  response.sendStatus(204);
});
app.get("/me", web.requireUser(), (request, response) => {
  const { identity, data } = web.user(request);
  response.json({ subject: identity.subject, theme: data.theme ?? "light" });
});
app.use(web.errors());

const server = app.listen(port, "127.0.0.1", () => console.log(`listening on http://localhost:${port}`));

process.once("SIGTERM", async () => {
  server.close();
  await auth.close({ within: 5_000 });
  await marks?.close();
});
