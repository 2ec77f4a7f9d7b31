/** What must compile, and what must not. The type checker runs this file; nobody else does. */
import { Hono } from "hono";
import { z } from "zod";
import { coatcheckExpress, type WithSession } from "./adapters/express.ts";
import { coatcheckFetch } from "./adapters/fetch.ts";
import { coatcheckHono } from "./adapters/hono.ts";
import { coatcheckNode } from "./adapters/node.ts";
import type {
  Identity,
  JsonObject,
  Report,
  Session,
  SessionReader,
  SignedInSession,
  Strategy,
  StrategyContext,
  TokenVerifier,
  Verdict,
} from "./contracts.ts";
import { type Auth, type CustomContext, coatcheck, custom, isSignedIn } from "./index.ts";
import { memory } from "./stores/memory.ts";
import { signIn } from "./testing/sign-in.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function expect<_Holds extends true>(): void;

const given = { publicUrl: "https://app.example.com", secrets: "", store: memory() };
const Cart = z.object({ cart: z.array(z.string()).default([]), note: z.string().optional() });
interface CartData {
  cart: string[];
  note?: string | undefined;
}

const typed = coatcheck({ ...given, data: Cart });
const plain = coatcheck(given);
expect<Equal<typeof plain, Auth<JsonObject>>>();
declare const request: Parameters<ReturnType<typeof coatcheckExpress>["of"]>[0];

// session.data is typed by the schema, and read-only all the way down.
const session = coatcheckExpress(typed).of(request);
expect<Equal<(typeof session)["data"]["cart"], readonly string[]>>();
// @ts-expect-error data are written by set and update
session.data.cart = [];
// @ts-expect-error an array of the data is not changed in place
session.data.cart.push("book");
// @ts-expect-error data have no other keys
session.data.other;
// @ts-expect-error data without a schema are read-only too
coatcheckExpress(plain).of(request).data["n"] = 1;

// set and update take what the schema says.
session.set({ cart: ["book"] });
session.set({});
// @ts-expect-error an unknown key
session.set({ carts: [] });
// @ts-expect-error a wrong type
session.set({ cart: "book" });
session.update((data) => ({ ...data, cart: [...data.cart, "book"] }));
// @ts-expect-error data of another shape
session.update(() => ({ carts: [] }));
// @ts-expect-error update has to answer with data
session.update(() => undefined);

// login takes an identity.
session.login({ issuer: "app", subject: "alice" });
session.login({ issuer: "app", subject: "alice" }, { fresh: true });
// @ts-expect-error without an issuer nobody is identified
session.login({ subject: "alice" });
// @ts-expect-error nobody saves
session.save();
// @ts-expect-error the identity is not assigned
session.identity = null;

// Nobody may be signed in; user() and isSignedIn() know that somebody is.
expect<Equal<(typeof session)["identity"], Identity | null>>();
// @ts-expect-error the identity may be null
session.identity.subject;
const user = coatcheckExpress(typed).user(request);
expect<Equal<(typeof user)["identity"], Identity>>();
expect<Equal<(typeof user)["claims"], JsonObject>>();
expect<Equal<ReturnType<(typeof user)["accessToken"]>, Promise<string>>>();
if (isSignedIn(session)) expect<Equal<(typeof session)["identity"]["subject"], string>>();

// Hono: types flow through the chain, and requireUser narrows.
const on = coatcheckHono(typed);
new Hono()
  .use(on.session())
  .get("/cart", (c) => {
    expect<Equal<(typeof c.var.session)["identity"], Identity | null>>();
    // @ts-expect-error nobody was required
    c.var.session.identity.subject;
    return c.json(c.var.session.data.cart);
  })
  .get("/me", on.requireUser(), (c) => {
    const { identity, owner, claims, data } = c.var.session;
    expect<Equal<typeof identity, Identity>>();
    expect<Equal<typeof owner, string>>();
    expect<Equal<typeof data.cart, readonly string[]>>();
    return c.json({ subject: identity.subject, claims });
  });

// Handlers of the others.
coatcheckNode(typed).handler((_request, response, one) => response.end(one.data.cart.join()));
coatcheckNode(typed).userHandler((_request, response, one) => response.end(one.identity.subject));
// @ts-expect-error nobody was required
coatcheckNode(typed).handler((_request, response, one) => response.end(one.identity.subject));
coatcheckFetch(typed).handler((one) => Response.json(one.data.cart));
coatcheckFetch(typed).userHandler((one) => Response.json(one.claims));
// @ts-expect-error a handler answers with a Response
coatcheckFetch(typed).handler(() => "text");
typed.handle(new Request("http://localhost"), (one) => Response.json(one.data.cart));

// A strategy can read and not write.
expect<Equal<keyof SessionReader, "get" | "marked" | "recent">>();
expect<Equal<StrategyContext["store"], SessionReader>>();
const strategy: Strategy = {
  name: "nosy",
  ambient: false,
  presented: () => true,
  examine({ store }) {
    // @ts-expect-error no strategy writes
    store.put;
    // @ts-expect-error no strategy ends
    store.end;
    // @ts-expect-error no strategy touches
    store.touch;
    // @ts-expect-error no strategy marks
    store.mark;
    return { kind: "abstain" };
  },
};
coatcheck({ ...given, strategies: [strategy] });
expect<Equal<keyof StrategyContext, "request" | "store" | "now" | "clock" | "report">>();
expect<Equal<Extract<Verdict, { kind: "unavailable" }>["retryAfter"], number | undefined>>();

// Neither does a function of the app's own: it gets the request, a signal and the time.
expect<Equal<keyof CustomContext, "signal" | "now">>();
const robots = custom({
  name: "api-key",
  presented: (asked) => asked.header("x-api-key") !== undefined,
  authenticate: (asked, { signal, now }) => {
    // @ts-expect-error a request is read
    asked.method = "POST";
    // @ts-expect-error there is no session to write to
    asked.session;
    return signal.aborted ? null : { issuer: "robots", subject: "r2", authenticatedAt: now, owner: "u7" };
  },
});
coatcheck({ ...given, strategies: [robots], bearer: { jwt: { issuer: "https://id.example.com", audience: "api" } } });
// @ts-expect-error whether it is presented is known at once
custom({ name: "late", presented: async () => true, authenticate: () => null });
// @ts-expect-error somebody has an issuer and a subject, or is null
custom({ name: "vague", presented: () => true, authenticate: () => ({ subject: "alice" }) });
// @ts-expect-error an app's strategy says null, not undefined
custom({ name: "vague", presented: () => true, authenticate: () => undefined });
// @ts-expect-error a token is for somebody: the audience is not left out
coatcheck({ ...given, bearer: { jwt: { issuer: "https://id.example.com" } } });
// @ts-expect-error signatures with a shared secret are never accepted
coatcheck({ ...given, bearer: { jwt: { issuer: "https://id.example.com", audience: "api", algorithms: ["HS256"] } } });
// A verifier knows the token alone.
expect<Equal<Parameters<TokenVerifier["verify"]>, [token: string]>>();
// @ts-expect-error a verdict is one of the union
strategy.examine = () => ({ kind: "maybe" });

// Options: what cannot work does not compile.
// @ts-expect-error a store is needed
coatcheck({ publicUrl: "https://app.example.com", secrets: "" });
// @ts-expect-error there is no such preset
coatcheck({ ...given, session: { preset: "aal4" } });
// @ts-expect-error SameSite=None is not for the session
coatcheck({ ...given, cookie: { sameSite: "None" } });

// Testing.
expect<Equal<ReturnType<typeof signIn>, Promise<string>>>();
signIn(typed, { subject: "alice" }, (one) => one.set({ cart: [] }));
// @ts-expect-error the data are the schema's
signIn(typed, { subject: "alice" }, (one) => one.set({ carts: [] }));

// req.session has the registered type, and none until something is registered.
expect<Equal<WithSession<{ data: CartData }>["session"], Session<CartData>>>();
expect<Equal<WithSession<{ readonly registered?: never }>, object>>();
// @ts-expect-error nothing is registered here
request.session;

// Somebody signed in is somebody.
declare const signedIn: SignedInSession<CartData>;
const anybody: Session<CartData> = signedIn;
// @ts-expect-error anybody is not somebody
const somebody: SignedInSession<CartData> = anybody;
somebody.claims;

declare const report: Report;
report({ name: "ending.dropped", level: "error", reason: "full" });
// @ts-expect-error: none of the reasons of this event
report({ name: "ending.dropped", level: "error", reason: "late" });
// @ts-expect-error: an event that gives no reason
report({ name: "touch.failed", level: "warn", reason: "full" });
