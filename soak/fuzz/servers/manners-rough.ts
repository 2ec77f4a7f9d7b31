/**
 * Ways to answer that break the rules, or the connection: whole, broken off or 502, but never as something that it is
 * not.
 */
import { type Asked, bodyOf, chunked, drip, headOf, later, type Manner, type Outcome, whole } from "./answering.ts";

const BROKEN: Outcome = { app: 200, complete: "never", own: [502] };
const EITHER: Outcome = { app: 200, complete: "may", own: [502] };
const SLOW: Outcome = { app: 200, complete: "never", own: [502, 504] };

const rough = (name: string, outcome: Outcome, play: (asked: Asked) => void, weight = 2): Manner => ({
  name,
  weight,
  outcome,
  play,
});
const raw = (name: string, outcome: Outcome, bytes: (asked: Asked) => string | Buffer, weight = 2): Manner =>
  rough(name, outcome, (asked) => void asked.socket.write(bytes(asked), "latin1"), weight);
const closing = (name: string, outcome: Outcome, bytes: (asked: Asked) => string | Buffer, weight = 2): Manner =>
  rough(name, outcome, (asked) => void asked.socket.end(bytes(asked), "latin1"), weight);
const early = (manner: Manner): Manner => ({ ...manner, early: true });

const plain = (asked: Asked): string => whole(asked, "200 OK", 40).toString("latin1");
const foreign = (asked: Asked): string => plain({ ...asked, id: "evil", user: "evil" });
const lengths = (name: string, lines: Readonly<Record<string, string | readonly string[]>>, outcome = BROKEN): Manner =>
  closing(name, outcome, (asked) => headOf(asked, "200 OK", lines) + bodyOf(asked.id, 40).toString("latin1"));

export const ROUGH: readonly Manner[] = [
  raw("plain", EITHER, plain, 6),
  closing(
    "close-mid-length",
    BROKEN,
    (asked) => headOf(asked, "200 OK", { "content-length": "90" }) + bodyOf(asked.id, 40).toString("latin1"),
    4,
  ),
  closing("close-mid-chunk", BROKEN, (asked) => chunked(asked, [40, 40]).subarray(0, -30), 4),
  closing("close-before-last-chunk", BROKEN, (asked) => chunked(asked, [40]).subarray(0, -5), 4),
  rough(
    "reset-mid-body",
    BROKEN,
    (asked) =>
      drip(asked, [headOf(asked, "200 OK", { "content-length": "90" }), bodyOf(asked.id, 5)], 3, () =>
        asked.socket.resetAndDestroy(),
      ),
    3,
  ),
  rough("reset", BROKEN, ({ socket }) => void socket.resetAndDestroy(), 2),
  rough("close", BROKEN, ({ socket }) => void socket.end(), 2),
  rough("close-in-head", BROKEN, (asked) => void asked.socket.end("HTTP/1.1 200 OK\r\nx-fuzz-id: "), 2),
  rough("reset-after", EITHER, (asked) => void asked.socket.write(plain(asked), () => asked.socket.resetAndDestroy()), 2),
  closing(
    "keep-alive-lie",
    EITHER,
    (asked) => whole(asked, "200 OK", 40, { connection: "keep-alive", "keep-alive": "timeout=60" }),
    3,
  ),
  raw("close-lie", EITHER, (asked) => whole(asked, "200 OK", 40, { connection: "close" })),
  lengths("length-letters", { "content-length": "5x" }),
  lengths("length-negative", { "content-length": "-1" }),
  lengths("length-two", { "content-length": ["40", "41"] }),
  lengths("length-list", { "content-length": "40, 40" }, EITHER),
  lengths("length-twice", { "content-length": ["40", "40"] }, EITHER),
  lengths("length-huge", { "content-length": "99999999999999999999" }),
  lengths("length-and-chunked", { "content-length": "40", "transfer-encoding": "chunked" }),
  lengths("gzip-chunked", { "transfer-encoding": "gzip, chunked" }, { ...EITHER, complete: "never" }),
  lengths("identity", { "transfer-encoding": "identity" }, EITHER),
  lengths("no-length", {}, EITHER),
  raw("garbage-after", EITHER, (asked) => `${plain(asked)}garbage\r\n\r\n`, 3),
  raw("extra-answer", EITHER, (asked) => plain(asked) + foreign(asked), 5),
  raw("extra-in-204", { ...EITHER, app: 204 }, (asked) => headOf(asked, "204 No Content") + foreign(asked), 3),
  raw(
    "extra-in-304",
    { ...EITHER, app: 304 },
    (asked) => headOf(asked, "304 Not Modified", { "content-length": "40" }) + bodyOf(asked.id, 40).toString("latin1"),
    3,
  ),
  raw("length-in-204", { ...EITHER, app: 204 }, (asked) => headOf(asked, "204 No Content", { "content-length": "7" }), 3),
  raw("body-in-205", { ...EITHER, app: 205 }, (asked) => whole(asked, "205 Reset", 12)),
  raw("continue-unasked", EITHER, (asked) => `HTTP/1.1 100 Continue\r\n\r\n${plain(asked)}`, 3),
  raw(
    "switch-unasked",
    BROKEN,
    (asked) => headOf(asked, "101 Switching Protocols", { connection: "upgrade", upgrade: "websocket" }) + foreign(asked),
    4,
  ),
  raw(
    "hints-with-length",
    EITHER,
    (asked) => `HTTP/1.1 103 Hints\r\ncontent-length: 3\r\nlink: </${asked.id}>\r\n\r\n${plain(asked)}`,
  ),
  closing("old", EITHER, (asked) => headOf(asked, "200 OK", {}, "1.0") + bodyOf(asked.id, 40).toString("latin1"), 3),
  raw("old-kept", EITHER, (asked) => whole(asked, "200 OK", 40, { connection: "keep-alive" }, "1.0"), 3),
  closing("older", BROKEN, (asked) => bodyOf(asked.id, 40)),
  closing("future", EITHER, (asked) => whole(asked, "200 OK", 40, {}, "2.0")),
  closing("status-099", BROKEN, (asked) => whole(asked, "099 Odd", 40)),
  closing("status-1000", { ...EITHER, app: 100 }, (asked) => whole(asked, "1000 Odd", 40)),
  closing("status-999", { ...EITHER, app: 999 }, (asked) => whole(asked, "999 Odd", 40)),
  closing("status-letters", BROKEN, (asked) => whole(asked, "OK", 40)),
  closing("bare-lf", EITHER, (asked) => plain(asked).replaceAll("\r\n", "\n")),
  closing("folded", EITHER, (asked) => whole(asked, "200 OK", 40, { "x-folded": "a\r\n b" })),
  closing("nul", EITHER, (asked) => whole(asked, "200 OK", 40, { "x-nul": "a\0b" })),
  closing("colonless", EITHER, (asked) => plain(asked).replace("\r\n\r\n", "\r\nnocolon\r\n\r\n")),
  closing("space-colon", EITHER, (asked) => plain(asked).replace("content-length:", "content-length :")),
  closing("huge-head", EITHER, (asked) => whole(asked, "200 OK", 40, { "x-huge": "h".repeat(70_000) })),
  closing("many-headers", EITHER, (asked) =>
    whole(asked, "200 OK", 40, { "x-many": Array.from({ length: 700 }, (_, index) => String(index)) }),
  ),
  closing(
    "bad-chunk",
    BROKEN,
    (asked) => `${headOf(asked, "200 OK", { "transfer-encoding": "chunked" })}zz\r\nbody\r\n0\r\n\r\n`,
  ),
  closing(
    "long-chunk",
    BROKEN,
    (asked) => `${headOf(asked, "200 OK", { "transfer-encoding": "chunked" })}3\r\n${asked.id};toolong\r\n0\r\n\r\n`,
  ),
  raw(
    "bad-trailers",
    EITHER,
    (asked) => chunked(asked, [40], { trailers: "content-length: 9\r\ntransfer-encoding: chunked\r\nx-sum: 2\r\n" }),
    3,
  ),
  raw("hints-bad", EITHER, (asked) => `HTTP/1.1 103 Early Hints\r\nlink: \x01;;\r\n\r\n${plain(asked)}`),
  early(raw("early", EITHER, plain, 6)),
  early(closing("early-close", EITHER, (asked) => whole(asked, "413 Enough", 40, { connection: "close" }), 4)),
  early(rough("early-reset", EITHER, (asked) => void asked.socket.write(plain(asked), () => asked.socket.resetAndDestroy()), 4)),
  early(rough("early-deaf", EITHER, (asked) => void asked.socket.pause().write(plain(asked)), 1)),
  rough("tls", BROKEN, (asked) => void asked.socket.end(Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3])), 1),
  rough("stall", SLOW, (asked) => later(asked, 10_000, () => asked.socket.destroy()), 0.04),
  rough(
    "stall-in-body",
    SLOW,
    (asked) => {
      asked.socket.write(headOf(asked, "200 OK", { "content-length": "90" }) + asked.id);
      later(asked, 10_000, () => asked.socket.destroy());
    },
    0.04,
  ),
].map((manner) => (manner.name === "early-close" ? { ...manner, outcome: { ...manner.outcome, app: 413 } } : manner));

/** Ways to answer a handshake. */
export const HANDSHAKES: readonly Manner[] = [
  rough(
    "open",
    { app: 101, complete: "must", own: [] },
    (asked) => {
      asked.socket.write(headOf(asked, "101 Switching Protocols", { connection: "Upgrade", upgrade: "websocket" }));
      asked.socket.write(`hello ${asked.id}\n`);
      asked.socket.on("data", (chunk: Buffer) => asked.socket.write(chunk));
    },
    6,
  ),
  raw(
    "open-and-extra",
    { app: 101, complete: "must", own: [] },
    (asked) => `${headOf(asked, "101 Switching Protocols", { connection: "Upgrade", upgrade: "websocket" })}hello ${asked.id}\n`,
    2,
  ),
  raw("no", { app: 403, complete: "must", own: [] }, (asked) => whole(asked, "403 No", 40), 3),
  raw("no-chunks", { app: 200, complete: "must", own: [] }, (asked) => chunked(asked, [10, 20]), 2),
  closing(
    "no-close",
    { app: 200, complete: "may", own: [502] },
    (asked) => headOf(asked, "200 OK") + bodyOf(asked.id, 40).toString("latin1"),
    2,
  ),
  closing("no-broken", { app: 200, complete: "never", own: [502] }, (asked) => whole(asked, "200 OK", 90).subarray(0, -20), 2),
  raw("no-trailer", { app: 200, complete: "must", own: [] }, (asked) => whole(asked, "200 OK", 9, { trailer: "x-sum" }), 2),
  rough("reset", BROKEN, ({ socket }) => void socket.resetAndDestroy(), 2),
  rough(
    "open-and-reset",
    { app: 101, complete: "may", own: [502] },
    (asked) =>
      void asked.socket.write(headOf(asked, "101 Switching Protocols", { connection: "Upgrade", upgrade: "websocket" }), () =>
        asked.socket.resetAndDestroy(),
      ),
    2,
  ),
];
