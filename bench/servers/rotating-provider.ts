/**
 * An OpenID provider that rotates refresh tokens strictly, takes 50 ms for each, and keeps a journal. The code is the
 * person and the nonce. The first people's access tokens live for a second, all others' for a day.
 */
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { answer } from "../harness/talk.ts";
import { idTokenOf, keySet, metadataOf } from "./provider-keys.ts";
import { given, tellReady } from "./serving.ts";

/** What was asked of it since the last question. */
export interface Journal {
  readonly refreshes: number;
  /** Refresh tokens that were shown again, or that it never gave. */
  readonly refused: number;
  /** From the first refresh to the last answer. */
  readonly seconds: number;
}

/** How long it takes to answer a refresh. */
const THINKS = 50;
const DAY = 86_400;

const shortLived = Number(given());
let issuer = "";

interface Login {
  readonly index: number;
  readonly client: string;
  /** One for the whole login: signing costs this process more than all else, and it shares the machine. */
  readonly idToken: string;
}

const logins = new Map<string, Login>();
let count = 0;
let journal = { refreshes: 0, refused: 0, from: 0, to: 0 };

function told(): Journal {
  const { refreshes, refused, from, to } = journal;
  journal = { refreshes: 0, refused: 0, from: 0, to: 0 };
  return { refreshes, refused, seconds: (to - from) / 1000 };
}

async function begin(form: URLSearchParams): Promise<Login> {
  const [person = "0", nonce = ""] = (form.get("code") ?? "").split(".");
  const index = Number(person);
  const idToken = await idTokenOf(index, issuer, nonce);
  return { index, client: nonce, idToken };
}

function issue(login: Login): object {
  count += 1;
  const refreshToken = `refresh-${count}-of-${login.client}`;
  logins.set(refreshToken, login);
  const lifetime = login.index < shortLived ? 1 : DAY;
  return {
    access_token: `access-${count}`,
    refresh_token: refreshToken,
    token_type: "Bearer",
    expires_in: lifetime,
    id_token: login.idToken,
  };
}

async function refresh(form: URLSearchParams): Promise<object | null> {
  if (journal.from === 0) journal.from = performance.now();
  const shown = form.get("refresh_token") ?? "";
  const login = logins.get(shown);
  logins.delete(shown);
  await setTimeout(THINKS);
  journal.to = performance.now();
  if (login === undefined) {
    journal.refused += 1;
    return null;
  }
  journal.refreshes += 1;
  return issue(login);
}

const server = createServer(async (request, response) => {
  const form = new URLSearchParams(await text(request));
  let status = 200;
  let found: object | null = null;
  if (request.url === "/keys") found = keySet;
  else if (request.url === "/.well-known/openid-configuration") found = metadataOf(issuer);
  else if (form.get("grant_type") === "refresh_token") found = await refresh(form);
  else if (request.url === "/token") found = issue(await begin(form));
  else status = 404;
  if (found === null && status === 200) status = 400;
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(found ?? { error: "invalid_grant" }));
});
server.keepAliveTimeout = 75_000;
answer(told);
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  issuer = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  tellReady(server, []);
});
