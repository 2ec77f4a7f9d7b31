/**
 * An Express app behind a proxy that signs people on. It listens for that proxy alone (docs/guides/behind-a-proxy.md
 * has its configuration):
 *
 *     export COATCHECK_SECRET=$(openssl rand -base64 32 | tr '+/' '-_' | tr -d '=')
 *     export PROXY_SECRET=$(openssl rand -base64 32 | tr '+/' '-_' | tr -d '=')
 *     PUBLIC_URL=https://app.example.com SIGN_OUT_URL='https://app.example.com/oauth2/sign_out?rd=…' node main.ts
 */
import { sqlite } from "coatcheck/sqlite";
import { notesApp } from "./app.ts";
import { UsersInMemory } from "./users.ts";

const { COATCHECK_SECRET, PROXY_SECRET, SIGN_OUT_URL, PUBLIC_URL = "" } = process.env;
const port = Number(process.env["PORT"] ?? 3000);
const store = sqlite(process.env["DATABASE"] ?? "app.db");

const { app, auth } = notesApp({
  publicUrl: PUBLIC_URL,
  secret: COATCHECK_SECRET,
  store,
  users: new UsersInMemory({ alice: "Alice Archer", bob: "Bob Baker" }),
  proxy: {
    trusted: ["127.0.0.1"],
    ...(PROXY_SECRET === undefined ? {} : { secret: { header: "x-proxy-secret", value: PROXY_SECRET } }),
    ...(SIGN_OUT_URL === undefined ? {} : { signOutUrl: SIGN_OUT_URL }),
  },
});

const server = app.listen(port, "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${port}`));

process.once("SIGTERM", async () => {
  server.close();
  server.closeAllConnections();
  await auth.close();
  await store.close();
});
