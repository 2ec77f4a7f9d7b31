/**
 * Ways to answer that are legal, however odd: each has to arrive whole, and leaves its connection good for the next
 * request.
 */
import { type Asked, bodyOf, chunked, drip, FINE, headOf, later, type Manner, type Outcome, whole } from "./answering.ts";

const fine = (name: string, weight: number, play: (asked: Asked) => void): Manner => ({ name, weight, outcome: FINE, play });
const saying = (app: number): Outcome => ({ ...FINE, app });
const write = ({ socket }: Asked, bytes: string | Buffer): void => void socket.write(bytes, "latin1");

/** A head that is followed by nothing, whatever it says. */
const bare = (name: string, app: number, lines: Readonly<Record<string, string>>): Manner => ({
  name,
  weight: 3,
  outcome: saying(app),
  play: (asked) => write(asked, headOf(asked, `${app} Bare`, lines)),
});

const status = (app: number, lines: Readonly<Record<string, string>> = {}): Manner => ({
  name: `status-${app}`,
  weight: 1,
  outcome: saying(app),
  play: (asked) => write(asked, whole(asked, `${app} Said`, 30, lines)),
});

const HINTS = "HTTP/1.1 103 Early Hints\r\nlink: </HINT>; rel=preload; as=style\r\n\r\n";
const ODD_NAMES = { constructor: "a", ["__proto__"]: "b", toString: "c", "x-_.~!#$%&'*+^`|": "d", "1": "e" };

export const CALM: readonly Manner[] = [
  fine("plain", 14, (asked) => write(asked, whole(asked, "200 OK", 64))),
  fine("empty", 3, (asked) => write(asked, whole(asked, "200 OK", 0))),
  fine("no-reason", 2, (asked) => write(asked, whole(asked, "200 ", 10))),
  fine("large", 1, (asked) => write(asked, whole(asked, "200 OK", 300_000))),
  fine("large-chunks", 1, (asked) => write(asked, chunked(asked, [65_536, 1, 70_000, 16_384]))),
  fine("chunks", 5, (asked) => write(asked, chunked(asked, [10, 20, 30]))),
  fine("odd-chunks", 4, (asked) => write(asked, chunked(asked, [1, 1, 1, 7, 1, 255, 1]))),
  fine("no-chunks", 2, (asked) => write(asked, chunked(asked, []))),
  fine("trailers", 6, (asked) => write(asked, chunked(asked, [40], { lines: { trailer: "x-sum" }, trailers: "x-sum: 1\r\n" }))),
  fine("trailer-only", 6, (asked) => write(asked, whole(asked, "200 OK", 20, { trailer: "x-sum" }))),
  fine("cookie-trailer", 4, (asked) => write(asked, chunked(asked, [40], { trailers: "set-cookie: a=b\r\nx-sum: 2\r\n" }))),
  { ...bare("not-modified", 304, { etag: '"a"' }), weight: 3 },
  { ...bare("not-modified-trailer", 304, { etag: '"a"', trailer: "x-sum" }), weight: 4 },
  { ...bare("not-modified-length", 304, { "content-length": "1234" }), weight: 3 },
  { ...bare("no-content", 204, {}), weight: 3 },
  { ...bare("no-content-trailer", 204, { trailer: "x-sum" }), weight: 4 },
  status(201, { location: "/new" }),
  status(206, { "content-range": "bytes 0-29/90" }),
  status(302, { location: "/elsewhere" }),
  status(404),
  status(500),
  status(503, { "retry-after": "7" }),
  status(299),
  status(599),
  fine("hints", 5, (asked) => write(asked, HINTS.replace("HINT", asked.id) + whole(asked, "200 OK", 50).toString("latin1"))),
  fine("hints-twice", 3, (asked) => {
    const hint = HINTS.replace("HINT", asked.id);
    drip(asked, [hint, hint], 2, () => write(asked, whole(asked, "200 OK", 50)));
  }),
  fine("hints-bad", 2, (asked) =>
    write(asked, `HTTP/1.1 103 Early Hints\r\nlink: \xff;;\r\n\r\n${whole(asked, "200 OK", 9).toString("latin1")}`),
  ),
  fine("processing", 3, (asked) =>
    write(asked, `${"HTTP/1.1 102 Processing\r\n\r\n".repeat(3)}${whole(asked, "200 OK", 50).toString("latin1")}`),
  ),
  fine("cookies", 2, (asked) =>
    write(asked, whole(asked, "200 OK", 5, { "set-cookie": ["a=1", "b=2", "c=3"], vary: ["a", "b"] })),
  ),
  fine("own-cookie", 3, (asked) => write(asked, whole(asked, "200 OK", 5, { "set-cookie": [`${asked.cookie}=evil`, "fine=1"] }))),
  fine("odd-names", 3, (asked) => write(asked, whole(asked, "200 OK", 5, ODD_NAMES))),
  fine("high-bytes", 2, (asked) => write(asked, whole(asked, "200 \xfcber", 5, { "x-high": "\xff\xfe\x80" }))),
  fine("nominated", 2, (asked) => write(asked, whole(asked, "200 OK", 5, { connection: "x-gone", "x-gone": "1" }))),
  fine("hop-by-hop", 2, (asked) =>
    write(asked, whole(asked, "200 OK", 5, { "keep-alive": "timeout=1", upgrade: "h2c", te: "x", "proxy-connection": "x" })),
  ),
  fine("events", 1, (asked) => {
    const lines = { "content-type": "text/event-stream", "transfer-encoding": "chunked" };
    if (asked.method === "HEAD") write(asked, headOf(asked, "200 OK", lines));
    else
      drip(asked, [headOf(asked, "200 OK", lines), `4\r\n${asked.id.padEnd(4, ";").slice(0, 4)}\r\n`], 3, () =>
        write(asked, "0\r\n\r\n"),
      );
  }),
  fine("slow-head", 3, (asked) => later(asked, 15, () => write(asked, whole(asked, "200 OK", 50)))),
  fine("slow-body", 2, (asked) => {
    const bytes = whole(asked, "200 OK", 24);
    drip(
      asked,
      Array.from({ length: 6 }, (_, index) => bytes.subarray((index * bytes.length) / 6, ((index + 1) * bytes.length) / 6)),
      3,
    );
  }),
  fine("head-then-body", 3, (asked) => {
    const body = asked.method === "HEAD" ? "" : bodyOf(asked.id, 90);
    drip(asked, [headOf(asked, "200 OK", { "content-length": "90" }), body], 4);
  }),
];

/** The upstream refuses the access token; the gateway refreshes it and asks once more. */
export const REJECTS: Manner = {
  name: "rejects",
  weight: 2,
  outcome: { app: 401, complete: "must", own: [] },
  play: (asked) => write(asked, whole(asked, "401 Unauthorized", 33, { "www-authenticate": 'Bearer error="invalid_token"' })),
};
