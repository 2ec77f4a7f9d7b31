import { server as createServer, type Request, type ResponseToolkit } from "@hapi/hapi";
import { adapterModules, type Build, type Page } from "coatcheck-conformance";
import { coatcheckHapi } from "./coatcheck-hapi.ts";

const onHapi: Build = async (auth, { open, user }) => {
  const web = coatcheckHapi(auth);
  const server = createServer({ autoListen: false });
  await server.register(web.plugin);
  const add = (name: string, page: Page, forUsers: boolean): void => {
    const [method, path = ""] = name.split(" ");
    const handler = async (request: Request, toolkit: ResponseToolkit) => {
      const { status, body } = await page(web.session(request), request.url.searchParams);
      return toolkit.response(body).code(status);
    };
    server.route({
      method: method === "POST" ? "POST" : "GET",
      path,
      handler,
      options: { plugins: { coatcheck: { user: forUsers } } },
    });
  };
  for (const [name, page] of open) add(name, page, false);
  for (const [name, page] of user) add(name, page, true);
  await server.start();
  return (request, response) => void server.listener.emit("request", request, response);
};

await adapterModules("hapi", onHapi);
