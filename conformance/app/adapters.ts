/** The example app on every adapter: each carries the same pages to the wire in its framework's way. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { getRequestListener } from "@hono/node-server";
import type { Auth } from "coatcheck";
import type { JsonObject, Session } from "coatcheck/contracts";
import { coatcheckExpress } from "coatcheck/express";
import { coatcheckFetch } from "coatcheck/fetch";
import { coatcheckHono } from "coatcheck/hono";
import { coatcheckNode } from "coatcheck/node";
import framework, { type Request as ExpressRequest, type Response as ExpressResponse } from "express";
import { Hono } from "hono";
import type { Page, Pages } from "./pages.ts";

type OurAuth = Auth<JsonObject>;

/** The example app on one adapter. */
export type Build = (auth: OurAuth, pages: Pages) => RequestListener | Promise<RequestListener>;

const MISSING: Page = () => ({ status: 404, body: { missing: true } });

const urlOf = (target: string): URL => new URL(target, "http://localhost");

export const onNode: Build = (auth, { open, user }) => {
  const web = coatcheckNode(auth);
  const turn =
    (all: Pages["open"]) => async (request: IncomingMessage, response: ServerResponse, session: Session<JsonObject>) => {
      const { pathname, searchParams } = urlOf(request.url ?? "/");
      const { status, body } = await (all.get(`${request.method} ${pathname}`) ?? MISSING)(session, searchParams);
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
  const forAll = web.handler(turn(open));
  const forUsers = web.userHandler(turn(user));
  return (request, response) => {
    const { pathname } = urlOf(request.url ?? "/");
    return user.has(`${request.method} ${pathname}`) ? forUsers(request, response) : forAll(request, response);
  };
};

export const onExpress: Build = (auth, { open, user }) => {
  const web = coatcheckExpress(auth);
  const app = framework();
  app.set("env", "test");
  app.use(web.session(), web.routes());
  const turn = (page: Page) => async (request: ExpressRequest, response: ExpressResponse) => {
    const { status, body } = await page(web.of(request), urlOf(request.originalUrl).searchParams);
    response.status(status).json(body);
  };
  for (const [name, page] of open) route(name, (method, path) => app[method](path, turn(page)));
  for (const [name, page] of user) route(name, (method, path) => app[method](path, web.requireUser(), turn(page)));
  app.use(web.errors());
  return app;
};

function route(name: string, add: (method: "get" | "post", path: string) => unknown): void {
  const [method = "", path = ""] = name.split(" ");
  add(method === "POST" ? "post" : "get", path);
}

export const onHono: Build = (auth, { open, user }) => {
  const on = coatcheckHono(auth);
  const app = new Hono().use(on.session());
  const answer = async (page: Page, session: Session<JsonObject>, url: string): Promise<Response> => {
    const { status, body } = await page(session, new URL(url).searchParams);
    return Response.json(body, { status });
  };
  for (const [name, page] of open)
    route(name, (method, path) => app[method](path, (c) => answer(page, c.var.session, c.req.url)));
  for (const [name, page] of user) {
    route(name, (method, path) => app[method](path, on.requireUser(), (c) => answer(page, c.var.session, c.req.url)));
  }
  app.onError((_error, c) => c.json({ failed: true }, 500));
  return getRequestListener(app.fetch);
};

export const onFetch: Build = (auth, { open, user }) => {
  const web = coatcheckFetch(auth);
  const turn = (all: Pages["open"]) => async (session: Session<JsonObject>, request: Request) => {
    const { pathname, searchParams } = new URL(request.url);
    const { status, body } = await (all.get(`${request.method} ${pathname}`) ?? MISSING)(session, searchParams);
    return Response.json(body, { status });
  };
  const forAll = web.handler(turn(open));
  const forUsers = web.userHandler(turn(user));
  const serve = async (incoming: IncomingMessage): Promise<Response> => {
    const request = await toFetch(incoming);
    const { pathname } = new URL(request.url);
    return user.has(`${request.method} ${pathname}`) ? forUsers(request) : forAll(request);
  };
  return (incoming, outgoing) => {
    serve(incoming)
      .catch(() => Response.json({ failed: true }, { status: 500 }))
      .then((response) => fromFetch(response, outgoing))
      .catch(() => outgoing.destroy());
  };
};

async function toFetch(incoming: IncomingMessage): Promise<Request> {
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(incoming.headersDistinct)) {
    if (name === "cookie") headers.set(name, values.join("; "));
    else for (const value of values) headers.append(name, value);
  }
  const method = incoming.method ?? "GET";
  const url = `http://${incoming.headers.host}${incoming.url}`;
  const body = method === "GET" || method === "HEAD" ? {} : { body: await text(incoming) };
  return new Request(url, { method, headers, ...body });
}

async function fromFetch(response: Response, outgoing: ServerResponse): Promise<void> {
  outgoing.statusCode = response.status;
  for (const [name, value] of response.headers) outgoing.appendHeader(name, value);
  if (response.body === null) outgoing.end();
  else await pipeline(response.body, outgoing);
}

/** Serves on a free port of this machine. */
export async function listen(listener: RequestListener): Promise<{ readonly port: number } & AsyncDisposable> {
  const server = createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the server has no port");
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
