/** Every endpoint that there is, asked by another site's page. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { authWith } from "../../test-support/auth.ts";
import { optionsOf } from "../../test-support/engine/inside.ts";
import { ORIGIN } from "../../test-support/origin.ts";
import { NAVIGATION } from "../../test-support/requests.ts";
import { fakeProvider } from "../testing/fake-provider.ts";
import { signIn } from "../testing/sign-in.ts";

const provider = fakeProvider({ users: [{ subject: "alice" }] });
const { auth } = authWith({ provider });
const { routes } = optionsOf(auth);
const exemptOf = (all: typeof routes): readonly string[] =>
  all.filter(({ method, crossSite }) => method !== "GET" && crossSite === true).map(({ method, path }) => `${method} ${path}`);
const EVIL = { "sec-fetch-site": "cross-site", origin: "https://evil.example" };

const ask = (method: string, path: string, headers: object): Promise<Response> => {
  const all = { "content-type": "application/x-www-form-urlencoded", ...headers };
  const body = method === "GET" ? {} : { body: "a=1" };
  const request = new Request(new URL(`/auth/${path.replace("{id}", "x")}`, ORIGIN), { method, headers: all, ...body });
  return auth.handle(request, () => new Response("the app"));
};

test("CS-09 CS-01 F-45 of all unsafe endpoints those of the closed list alone take another site's word", async () => {
  const unsafe = routes.filter(({ method }) => method !== "GET");
  assert.ok(unsafe.length >= 5, "there are such endpoints");
  assert.deepEqual(exemptOf(routes), ["POST backchannel-logout"]);
  const cookie = await signIn(auth, { subject: "alice" });
  for (const { method, path, crossSite } of unsafe) {
    for (const headers of [EVIL, { ...EVIL, cookie }, { origin: "null", cookie }, { "sec-fetch-site": "same-site", cookie }]) {
      const { status } = await ask(method, path, headers);
      if (crossSite === true) assert.ok(status >= 400 && status < 500, `${method} ${path}: ${status}`);
      else assert.equal(status, 403, `${method} ${path} from ${JSON.stringify(headers)}`);
    }
  }
  const still = await ask("GET", "session", {
    ...NAVIGATION,
    cookie,
    "sec-fetch-site": "same-origin",
    accept: "application/json",
  });
  assert.equal(still.status, 200, "nobody was signed out");
});

test("CS-09 the callback is exempt only if a provider answers by a form of its own page", async () => {
  const { auth: byForm } = authWith({
    provider: { issuer: "http://127.0.0.1:9", clientId: "app", clientSecret: "s", responseMode: "form_post" },
  });
  assert.deepEqual([...exemptOf(optionsOf(byForm).routes)].sort(), ["POST backchannel-logout", "POST callback"]);
  await byForm.close();
});

test("CS-09 what is exempt brings its own proof: without it nothing happens", async () => {
  const cookie = await signIn(auth, { subject: "alice" });
  for (const path of ["backchannel-logout", "callback"]) {
    const answer = await ask("POST", path, { ...EVIL, cookie });
    assert.ok(answer.status >= 400 && answer.status < 500, `${path}: ${answer.status}`);
    assert.equal(
      answer.headers.getSetCookie().some((line) => line.startsWith("__Host-Http-coatcheck=")),
      false,
    );
  }
  assert.deepEqual(provider.calls, []);
});

test("CS-06 no endpoint answers a CORS header, whatever origin asks, and a preflight opens nothing", async () => {
  const origins = ["https://evil.example", "null", `${ORIGIN}.evil.example`, `https://evil-${new URL(ORIGIN).host}`, ORIGIN];
  for (const origin of origins) {
    for (const { method, path } of routes) {
      const answers = [
        await ask(method, path, { origin, "sec-fetch-mode": "cors" }),
        await auth.handle(
          new Request(new URL(`/auth/${path}`, ORIGIN), {
            method: "OPTIONS",
            headers: { origin, "access-control-request-method": method, "access-control-request-headers": "authorization" },
          }),
          () => new Response("the app"),
        ),
      ];
      for (const { headers } of answers) {
        const cors = [...headers.keys()].filter((name) => name.startsWith("access-control-"));
        assert.deepEqual(cors, [], `${method} ${path} from ${origin}`);
      }
    }
  }
});
