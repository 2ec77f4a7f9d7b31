/**
 * `npm run walk`: the walk of a Fetch request with a valid session in the memory store, from the
 * adapter's entry to the end. `npm run walk -- --settle`: of one that writes, from `settle` on.
 */
import { coatcheck } from "coatcheck";
import { coatcheckFetch } from "coatcheck/fetch";
import { memory } from "coatcheck/memory";
import { callsOf } from "./calls.ts";
import { follow } from "./follow.ts";
import type { Step } from "./walk.ts";
import { callsFrom, faultOf, tableOf, walkOf } from "./walk.ts";

const SOURCES = new URL("../../library/src/", import.meta.url);
const ORIGIN = "https://app.example.com";
/** Once for each of what the first requests of a session do: read it, cache it, recognise its secret. */
const BEFORE = 5;
/** A walk that comes back more often has become harder to follow. */
const MOST_RETURNS = 15;

async function walkOfRequest(settles: boolean): Promise<readonly Step[]> {
  const auth = coatcheck({ publicUrl: ORIGIN, secrets: "q3Vt4lm0GkXb7JQnq9Yv0nH8o2cW5sZrT1uE6aPdFiM", store: memory() });
  const web = coatcheckFetch(auth);
  const login = web.handler((session) => {
    session.login({ issuer: "test", subject: "alice" });
    return new Response();
  });
  const cookie = (await login(new Request(ORIGIN))).headers.getSetCookie()[0]?.split(";")[0] ?? "";
  let visits = 0;
  const serve = web.handler((session) => {
    if (settles) session.set({ visits: ++visits });
    return new Response();
  });
  const request = () => new Request(ORIGIN, { headers: { cookie } });
  for (let turn = 0; turn < BEFORE; turn++) await serve(request());
  const last = request();
  const calls = callsOf(await follow(() => serve(last), SOURCES));
  await auth.close();
  return walkOf(settles ? callsFrom(calls, "settle") : calls);
}

const settles = process.argv.includes("--settle");
const steps = await walkOfRequest(settles);
console.log(tableOf(steps));
const fault = faultOf(steps, settles ? Number.POSITIVE_INFINITY : MOST_RETURNS);
if (fault !== null) {
  console.log(fault);
  process.exitCode = 1;
}
