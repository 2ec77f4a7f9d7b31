/** An OpenID provider that believes its callers: the code is the person and the nonce. */
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { idTokenOf, keySet, metadataOf } from "./provider-keys.ts";
import { tellReady } from "./serving.ts";

let issuer = "";

async function tokens(form: URLSearchParams): Promise<object> {
  const code = form.get("code") ?? "";
  const cut = code.indexOf(".");
  const [index, nonce] = [code.slice(0, cut), code.slice(cut + 1)];
  const idToken = await idTokenOf(Number(index), issuer, nonce);
  return { access_token: `access-${index}`, token_type: "Bearer", expires_in: 86_400, id_token: idToken };
}

/** Every login is a new user's. */
let people = 0;

function authorize(query: URLSearchParams): string {
  const back = new URL(query.get("redirect_uri") ?? "");
  back.searchParams.set("code", `${people++}.${query.get("nonce") ?? ""}`);
  back.searchParams.set("state", query.get("state") ?? "");
  back.searchParams.set("iss", issuer);
  return back.href;
}

const server = createServer(async (request, response) => {
  const asked = new URL(request.url ?? "/", "http://provider");
  if (asked.pathname === "/authorize") {
    response.writeHead(302, { location: authorize(asked.searchParams) }).end();
    return;
  }
  const form = new URLSearchParams(await text(request));
  const answers = { "/keys": keySet, "/.well-known/openid-configuration": metadataOf(issuer) };
  const found = request.url === "/token" ? await tokens(form) : Reflect.get(answers, request.url ?? "");
  response.statusCode = found === undefined ? 404 : 200;
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(found ?? {}));
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  issuer = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  tellReady(server, []);
});
