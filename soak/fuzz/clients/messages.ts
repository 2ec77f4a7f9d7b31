/** Turns planned requests into bytes, whole or in pieces, flaws included. */
import type { ConnectionPlan, RequestPlan } from "../plan.ts";
import { bodyOf } from "../servers/answering.ts";
import { FLAWS } from "./flaws.ts";
import { HOST, type People } from "./people.ts";

/** A request as bytes; the body in the pieces in which it leaves. */
export interface Message {
  readonly head: Buffer;
  readonly body: readonly Buffer[];
}

/** What a client does next. */
export type Step =
  | { readonly do: "write"; readonly bytes: Buffer; readonly begins?: number }
  /** Waits until this request is answered, or the connection is over. */
  | { readonly do: "await"; readonly turn: number }
  /** Waits for 100, an answer, or a while. */
  | { readonly do: "continue"; readonly turn: number }
  | { readonly do: "pause"; readonly milliseconds: number }
  | { readonly do: "end" };

const EVIL = "https://evil.example";

/** Who the bearer of a request is, and what shows it. */
function credentialLines({ credential, person }: RequestPlan, people: People): readonly string[] {
  const at = <Item>(items: readonly Item[]): Item | undefined => items[person % items.length];
  const cookieOf = (list: People["members"]): string => `cookie: theme=dark; ${at(list)?.cookie}`;
  const robot = `authorization: Bearer ${at(people.robots)?.token}`;
  switch (credential) {
    case "none":
      return [];
    case "member":
      return [cookieOf(people.members)];
    case "other":
      return [cookieOf(people.others)];
    case "gone":
      return [cookieOf(people.gone)];
    case "garbage":
      return [`cookie: ${people.cookieName}=${"garbage.".repeat(person)}; ${people.cookieName}=x`];
    case "tampered":
      return [cookieOf(people.members).slice(0, -3).concat("AAA")];
    case "robot":
      return [robot];
    case "bogus-bearer":
      return [`authorization: Bearer ${at(people.robots)?.token.slice(0, -20)}${"A".repeat(20)}`];
    case "both":
      return [cookieOf(people.members), robot];
  }
}

function siteLines({ site, upgrade, navigates, method }: RequestPlan): readonly string[] {
  const lines = navigates ? ["accept: text/html", "sec-fetch-mode: navigate", "sec-fetch-dest: document"] : ["accept: */*"];
  if (site === "unsaid") return lines;
  const origin = site === "same" ? `https://${HOST}` : EVIL;
  const says = method === "GET" && upgrade === null ? [] : [`origin: ${origin}`];
  return [...lines, `sec-fetch-site: ${site === "same" ? "same-origin" : "cross-site"}`, ...says];
}

function targetOf({ id, kind, rule, manner }: RequestPlan, cookieName: string): string {
  const query = `?id=${id}`;
  switch (kind) {
    case "own":
      return manner === "callback-garbage" ? `/auth/callback${query}&code=x&state=y&iss=z` : `/auth/${manner}${query}`;
    case "check":
      return `/auth/check/forward`;
    case "nowhere":
      return `/nowhere${query}`;
    default:
      return `/${kind}/${rule}/${manner}${query}&cookie=${cookieName}`;
  }
}

function checkLines({ manner, id, method }: RequestPlan): readonly string[] {
  if (manner === "nothing") return [];
  return [
    "x-forwarded-proto: https",
    `x-forwarded-host: ${HOST}`,
    `x-forwarded-method: ${method}`,
    `x-forwarded-uri: /calm/${manner}/plain?id=${id}`,
  ];
}

/** The bytes of a request. */
export function messageOf(request: RequestPlan, people: People): Message {
  const { body, kind, method, minor, upgrade, flaw, connection, expects } = request;
  const lines = [`host: ${HOST}`, ...credentialLines(request, people), ...siteLines(request)];
  if (kind === "check") lines.push(...checkLines(request));
  if (upgrade === "websocket")
    lines.push(
      "upgrade: websocket",
      "connection: Upgrade",
      "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
      "sec-websocket-version: 13",
    );
  else if (upgrade === "h2c")
    lines.push("upgrade: h2c", "connection: Upgrade, HTTP2-Settings", "http2-settings: AAMAAABkAARAAAAAAAIAAAAA");
  else if (connection !== null) lines.push(`connection: ${connection}`);
  if (expects) lines.push("expect: 100-continue");
  if (body !== null) lines.push(body.chunks > 0 ? "transfer-encoding: chunked" : `content-length: ${body.length}`);
  const draft = { line: `${method} ${targetOf(request, people.cookieName)} HTTP/1.${minor}`, lines };
  FLAWS.find(({ name }) => name === flaw)?.spoil(draft);
  const head = [draft.line, ...draft.lines, "", ""].join("\r\n");
  return { head: Buffer.from(head, "latin1"), body: body === null ? [] : bodyPieces(request.id, body) };
}

function bodyPieces(id: string, { length, chunks, end }: NonNullable<RequestPlan["body"]>): readonly Buffer[] {
  const bytes = bodyOf(id, length);
  if (chunks === 0) return length === 0 ? [] : [end === "whole" ? bytes : bytes.subarray(0, length >> 1)];
  const size = Math.ceil(length / chunks);
  const pieces: Buffer[] = [];
  for (let at = 0; at < length; at += size) {
    const part = bytes.subarray(at, at + size);
    pieces.push(Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n")]));
  }
  if (end === "whole") return [...pieces, Buffer.from("0\r\n\r\n")];
  return end === "bad-chunk" ? [...pieces.slice(0, -1), Buffer.from("zz\r\n")] : pieces.slice(0, -1);
}

/** How large the pieces are in which a client writes that does so in bits. */
const BITS = [1, 7, 60, 300];

/** All that a client does, in order. Its end is not in here. */
export function scriptOf({ requests, pace }: ConnectionPlan, messages: readonly Message[]): readonly Step[] {
  const steps: Step[] = [];
  const write = (bytes: Buffer, begins?: number): void => {
    let at = 0;
    for (let piece = 0; pace === "bits" && piece < 6; piece++) {
      const next = BITS[(piece + bytes.length) % BITS.length] ?? 1;
      if (at + next >= bytes.length) break;
      steps.push(
        { do: "write", bytes: bytes.subarray(at, at + next), ...(at === 0 && begins !== undefined ? { begins } : {}) },
        { do: "pause", milliseconds: 0 },
      );
      at += next;
    }
    steps.push({ do: "write", bytes: bytes.subarray(at), ...(at === 0 && begins !== undefined ? { begins } : {}) });
  };
  for (const [turn, request] of requests.entries()) {
    const { head, body } = messages[turn] ?? { head: Buffer.alloc(0), body: [] };
    write(head, turn);
    if (request.expects && pace !== "pipeline") steps.push({ do: "continue", turn });
    for (const piece of body) write(piece);
    if (pace === "turns") steps.push({ do: "await", turn });
  }
  const last = requests.at(-1);
  if (last?.upgrade === "websocket") {
    if (pace === "turns") steps.push({ do: "await", turn: requests.length - 1 });
    steps.push({ do: "write", bytes: Buffer.from(`ping ${last.id}\n`) });
  }
  return steps;
}
