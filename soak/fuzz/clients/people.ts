/** The users of the run: signed in through the gateway, some signed out again, and their credentials. */
import { get, Jar, PAGE, type Reply } from "../../ask.ts";

export const HOST = "fuzz.example";
/** Who is in it passes where the rule is `groups`. */
export const GROUP = "staff";

export interface Person {
  readonly name: string;
  /** What their browser sends. */
  readonly cookie: string;
}

/** All users whose credentials take part. */
export interface People {
  /** Signed in, and in the group. */
  readonly members: readonly Person[];
  /** Signed in, in no group. */
  readonly others: readonly Person[];
  /** Cookies of sessions that are over. */
  readonly gone: readonly Person[];
  /** Programs with a token of the provider's. */
  readonly robots: readonly { readonly name: string; readonly token: string }[];
  /** The name of the session cookie. */
  readonly cookieName: string;
}

const COUNT = 8;

/** Signs all users in through the gateway, and some out again. */
export async function invite(port: number, bearer: (subject: string) => string): Promise<People> {
  const all = async (letter: string): Promise<readonly Person[]> => {
    const people: Person[] = [];
    for (let index = 0; index < COUNT; index++) people.push(await signIn(port, `${letter}${index}`));
    return people;
  };
  const [members, others, gone] = [await all("m"), await all("o"), await all("g")];
  for (const { cookie } of gone) await ask(port, "/auth/logout", { cookie }, "POST");
  const robots = Array.from({ length: COUNT }, (_, index) => `mr${index}`).map((name) => ({ name, token: bearer(name) }));
  return { members, others, gone, robots, cookieName: members[0]?.cookie.split("=", 1)[0] ?? "" };
}

/** Guests come and go until something is so, or a thousand of them. */
export async function entertain(port: number, enough: () => boolean): Promise<void> {
  for (let guest = 0; guest < 1_000 && !enough(); guest++) {
    const { cookie } = await signIn(port, `guest${guest}`);
    await ask(port, "/auth/logout", { cookie }, "POST");
  }
}

async function signIn(port: number, name: string): Promise<Person> {
  const jar = new Jar();
  const step = async (path: string): Promise<URL> => {
    const reply = await ask(port, path, jar.header(HOST));
    jar.keep(HOST, reply);
    return locationOf(reply);
  };
  const there = await step("/auth/login?return_to=/");
  there.searchParams.set("login_hint", name);
  const back = locationOf(await get(there, {}));
  await step(back.pathname + back.search);
  return { name, cookie: jar.header(HOST)["cookie"] ?? "" };
}

function ask(port: number, path: string, headers: Readonly<Record<string, string>>, method = "GET"): Promise<Reply> {
  const target = new URL(path, `http://127.0.0.1:${port}`);
  return get(
    target,
    { host: HOST, ...PAGE, ...(method === "POST" ? { origin: `https://${HOST}` } : {}), ...headers },
    { method },
  );
}

function locationOf({ status, headers, text }: Reply): URL {
  if (headers.location === undefined) throw new Error(`a redirect was expected, not ${status}: ${text.slice(0, 200)}`);
  return new URL(headers.location, `https://${HOST}`);
}
