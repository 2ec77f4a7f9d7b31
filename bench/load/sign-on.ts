/** Signs a user in as a browser does, whatever the program in front: by its redirects and cookies. */
import type { Dispatcher } from "undici";
import { request } from "undici";

/** Where the program listens, and under which name people know it. */
export interface Front {
  readonly port: number;
  readonly host: string;
  /** An address that needs an authenticated user. */
  readonly path: string;
}

const MOST_REDIRECTS = 10;

/** Answers the `Cookie` header line of an authenticated user. */
export async function signOn(front: Front): Promise<string> {
  const jar = new Map<string, string>();
  let at = new URL(front.path, `http://${front.host}`);
  for (let count = 0; count < MOST_REDIRECTS; count++) {
    const isFront = at.host === front.host;
    const answer = await ask(front, at, isFront ? cookieOf(jar) : "", isFront);
    if (isFront) for (const line of linesOf(answer.headers["set-cookie"])) store(jar, line);
    const { location } = answer.headers;
    if (location === undefined) {
      if (answer.statusCode >= 200 && answer.statusCode < 300 && jar.size > 0) return `cookie: ${cookieOf(jar)}`;
      throw new Error(`no user could sign in at ${front.host}: ${answer.statusCode} at ${at.pathname}`);
    }
    at = new URL(String(location), at);
  }
  throw new Error(`no user could sign in at ${front.host}: too many redirects, the last to ${at.href}`);
}

async function ask(
  front: Front,
  { host, pathname, search, origin }: URL,
  cookie: string,
  isFront: boolean,
): Promise<Dispatcher.ResponseData> {
  const headers = {
    host,
    accept: "text/html",
    "user-agent": "Mozilla/5.0 bench",
    "sec-fetch-mode": "navigate",
    "sec-fetch-dest": "document",
    ...(cookie === "" ? {} : { cookie }),
  };
  const answer = await request(`${isFront ? `http://127.0.0.1:${front.port}` : origin}${pathname}${search}`, { headers });
  await answer.body.dump();
  return answer;
}

const linesOf = (lines: string | string[] | undefined): readonly string[] =>
  typeof lines === "string" ? [lines] : (lines ?? []);
const cookieOf = (jar: ReadonlyMap<string, string>): string => [...jar].map(([name, value]) => `${name}=${value}`).join("; ");

function store(jar: Map<string, string>, line: string): void {
  const pair = line.slice(0, line.includes(";") ? line.indexOf(";") : line.length);
  const cut = pair.indexOf("=");
  const value = pair.slice(cut + 1);
  if (value === "" || /;\s*max-age=0\b/i.test(line)) jar.delete(pair.slice(0, cut));
  else jar.set(pair.slice(0, cut), value);
}
