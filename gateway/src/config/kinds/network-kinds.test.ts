/** Addresses, origins, paths and hosts, at the edges of what each of them may be. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isRefused, readKind } from "../../../test-support/read-kind.ts";
import { Place } from "../sources/place.ts";
import type { Kind } from "./kind.ts";
import {
  address,
  cidr,
  formatAddress,
  hostName,
  isLoopback,
  issuer,
  ownPrefix,
  pathPrefix,
  publicOrigin,
  upstreamOrigin,
} from "./network-kinds.ts";

/** As it is copied out of a page. */
const HARD_SPACE = "\u00a0";

interface Row {
  readonly kind: Kind<unknown>;
  readonly taken: readonly (readonly [raw: unknown, value: unknown])[];
  readonly refused: readonly unknown[];
}

const asTheyAre = (...raws: readonly string[]): Row["taken"] => raws.map((raw) => [raw, raw]);

const TABLE: Readonly<Record<string, Row>> = {
  "an address to listen on": {
    kind: address,
    taken: [
      ["127.0.0.1:4180", { host: "127.0.0.1", port: 4180 }],
      [" [::1]:1 ", { host: "::1", port: 1 }],
      [":4180", { host: "::", port: 4180 }],
      ["app-1.example:0", { host: "app-1.example", port: 0 }],
      ["a:65535", { host: "a", port: 65_535 }],
    ],
    refused: ["a:65536", "a:99999", "a", "[::1]", "::1:4180", "http://a:1", "a:1x", "a:", "", 4180, null],
  },
  "the origin that browsers use": {
    kind: publicOrigin,
    taken: [
      ["https://app.example.com", "https://app.example.com"],
      [`${HARD_SPACE} HTTPS://APP.example.com:443/ `, "https://app.example.com"],
      ["http://localhost:3000", "http://localhost:3000"],
      ["http://[::1]", "http://[::1]"],
      ["https://localhost", "https://localhost"],
    ],
    refused: [
      "http://app.example.com",
      "https://u@a.example",
      "https://:p@a.example",
      "https://a.example/?b",
      "https://a.example/#b",
      "https://a.example/b",
      "ftp://a.example",
      "https://",
      "nowhere",
      "",
      7,
      null,
    ],
  },
  "where an upstream listens": {
    kind: upstreamOrigin,
    taken: [
      ["http://localhost:3000/", "http://localhost:3000"],
      [" https://a.example:443 ", "https://a.example"],
    ],
    refused: ["http://a.example/b", "http://u@a.example", "unix:/a", "a.example:80", "", 80, undefined],
  },
  "an issuer": {
    kind: issuer,
    taken: [
      ...asTheyAre("https://ID.example.com/a/", "https://id.example.com", "http://127.0.0.1:8080/a", "https://localhost/"),
      [" https://id.example.com\n", "https://id.example.com"],
    ],
    refused: ["https://id.example.com/?a", "https://id.example.com/#a", "https://u@id.example.com", "http://id.example.com", 7],
  },
  "a range of addresses": {
    kind: cidr,
    taken: [...asTheyAre("10.0.3.7", "10.0.0.0/8", "128.0.0.0/1", "fd00::/8"), [" 10.0.3.7/32 ", "10.0.3.7/32"]],
    refused: ["0.0.0.0/0", "::/0", "10.0.0.0/33", "localhost", "*", "", 10, null],
  },
  "the beginning of a path": {
    kind: pathPrefix,
    taken: [...asTheyAre("/", "/a", "/api", "/api/v1", "/.well-known", "/a..b/...", "/~a_b-c"), ["/a/", "/a"], ["/api/", "/api"]],
    refused: ["", "api", "api/", "//", "/a//b", "/a/../b", "/..", "/./a", "/a/.", "/a?b", "/a#b", "/%61", "/a b", 7, null],
  },
  "the path of the own endpoints": {
    kind: ownPrefix,
    taken: [...asTheyAre("/auth", "/a/b"), ["/auth/", "/auth"]],
    refused: ["/", "auth", "//", 7],
  },
  "a host": {
    kind: hostName,
    taken: [
      [" App.Example.COM ", "app.example.com"],
      ["a:8080", "a:8080"],
      ["[FD00::1]:80", "[fd00::1]:80"],
    ],
    refused: ["https://a.example", "a.example/b", "*.example", "a_b", "a:123456", "a:", "", 7, null],
  },
};

for (const [name, { kind, taken, refused }] of Object.entries(TABLE))
  test(`F-46 ${name} is taken as it is meant, and nothing else is`, () => {
    for (const [raw, value] of taken) assert.deepEqual(readKind(kind, raw), value, String(raw));
    for (const raw of refused) assert.equal(isRefused(kind, raw), true, String(raw));
  });

test("F-46 what is wrong with an address is said once, with what would be right and without its password", () => {
  const table: readonly (readonly [kind: Kind<unknown>, raw: unknown, words: RegExp])[] = [
    [publicOrigin, "http://app.example.com", /is http:\/\/app\.example\.com: http where others can listen/],
    [publicOrigin, "nowhere", /is nowhere, which is no origin/],
    [upstreamOrigin, "http://u:canary@a/x", /is http:\/\/a\/x, which is more than an origin/],
    [upstreamOrigin, "canary", /is no http or https URL/],
    [upstreamOrigin, 7, /is no http or https URL/],
    [issuer, "https://id.example.com/.well-known/openid-configuration", /here perhaps https:\/\/id\.example\.com\. /],
    [issuer, "http://id.example.com", /is http:\/\/id\.example\.com: http /],
    [cidr, "::/0", /is ::\/0, which trusts everyone/],
    [ownPrefix, "/", /is \/ The endpoints/],
    [ownPrefix, "auth", /is auth, which is no plain path/],
  ];
  for (const [kind, raw, words] of table) {
    const said = String(readKind(kind, raw));
    assert.match(said, words);
    assert.doesNotMatch(said, /canary|\n/);
  }
});

test("F-46 an address is shown as it is given", () => {
  for (const text of ["127.0.0.1:4180", "[::1]:1", "a.example:0"]) {
    const read = address.read(text, new Place({ given: new Map(), variables: new Map(), directory: "/" }));
    assert.equal(read && formatAddress(read), text);
  }
});

test("F-46 what never leaves this machine is told from what does", () => {
  for (const host of ["localhost", "LocalHost", "a.localhost", "::1", "[::1]", "127.0.0.1", "127.255.0.1"])
    assert.equal(isLoopback(host), true, host);
  for (const host of ["", "a.example", "localhost.example", "notlocalhost", "::2", "[::]", "128.0.0.1", "127.1", "127.0.0.1.a"])
    assert.equal(isLoopback(host), false, host);
});
