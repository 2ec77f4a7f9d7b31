import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import type { AuditEvent, RouteResponse } from "../contracts.ts";
import { systemEntropy } from "../crypto/entropy.ts";
import type { PagesOptions } from "./options.ts";
import type { PageContent, PageView } from "./page-view.ts";
import { pagesOf } from "./pages.ts";
import { choosePage } from "./views/choose.ts";
import { endedPage } from "./views/ended.ts";

const PLAIN: PageContent = { kind: "forbidden", status: 403, title: "Title", paragraphs: ["Said."] };

function shown(options: PagesOptions = {}, content: PageContent = PLAIN, language = "en"): RouteResponse {
  const pages = pagesOf(options, { entropy: systemEntropy, report: () => undefined });
  return pages.show({ header: (name) => (name === "accept-language" ? language : undefined) }, () => content);
}
const policyOf = ({ headers }: RouteResponse): string => headers.find(([name]) => name === "content-security-policy")?.[1] ?? "";
const headerOf = ({ headers }: RouteResponse, wanted: string) => headers.find(([name]) => name === wanted)?.[1];

test("HD-02 a page has no script, and its policy lets in its own style and nothing else", () => {
  const page = shown();
  const style = /<style>([\s\S]*)<\/style>/.exec(page.body)?.[1] ?? "";
  const hash = createHash("sha256").update(style).digest("base64");
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'`;
  assert.equal(policyOf(page), policy);
  assert.doesNotMatch(page.body, /<script|style=|\son\w+=/);
  assert.deepEqual([headerOf(page, "referrer-policy"), headerOf(page, "x-frame-options")], ["no-referrer", "DENY"]);
});

test("HD-02 a form stays at this origin unless its way leads on, and browsers say where it came from", () => {
  const form = { action: "/a", fields: [], buttons: [{ label: "Do" }] };
  const inside: PageContent = { ...PLAIN, sections: [{ entries: [{ title: "One", lines: [], form }] }] };
  for (const content of [{ ...PLAIN, form }, inside]) {
    assert.match(policyOf(shown({}, content)), /; form-action 'self'$/);
    assert.doesNotMatch(policyOf(shown({}, { ...content, formLeaves: true })), /form-action/);
    assert.equal(headerOf(shown({}, content), "referrer-policy"), "same-origin");
  }
});

test("pages: a brand shows its name, picture, colours and CSS, and the policy lets in as much", () => {
  const colors = { accent: "#ffee00" };
  const page = shown({ brand: { name: "Tom & Jerry", logo: "/logo.svg", colors, css: ".brand{color:red}" } });
  assert.match(page.body, /<title>Title · Tom &amp; Jerry<\/title>/);
  assert.match(page.body, /<header class="brand"><img src="\/logo.svg" alt="Tom &amp; Jerry"><\/header>/);
  assert.match(page.body, /--accent:#ffee00;--on:#000000;/);
  assert.ok(page.body.includes(".brand{color:red}\n</style>"));
  assert.match(policyOf(page), /; img-src 'self'; font-src 'self'; /);
  assert.match(policyOf(shown({ brand: { logo: "https://cdn.example.com/a.png" } })), /; img-src https:\/\/cdn.example.com; /);
  assert.match(policyOf(shown({ brand: { logo: "data:image/png;base64,AA" } })), /; img-src data:; /);
  assert.match(shown({ brand: { name: "Shop" } }).body, /<header class="brand">Shop<\/header>/);
});

test("pages: words on their background can be read, whichever colour the brand has", () => {
  const part = (one: number) => (one / 255 <= 0.040_45 ? one / 255 / 12.92 : ((one / 255 + 0.055) / 1.055) ** 2.4);
  const light = (hex: string) =>
    [1, 3, 5].reduce(
      (sum, at, index) => sum + part(Number.parseInt(hex.slice(at, at + 2), 16)) * ([0.2126, 0.7152, 0.0722][index] ?? 0),
      0.05,
    );
  const ratio = (a = "", b = "") => Math.max(light(a), light(b)) / Math.min(light(a), light(b));
  const color = fc.integer({ min: 0, max: 0xffffff }).map((value) => `#${value.toString(16).padStart(6, "0")}`);
  fc.assert(
    fc.property(color, (accent) => {
      const found = [
        ...shown({ brand: { colors: { accent } } }).body.matchAll(/--card:(#\w+);.*?--accent:(#\w+);--on:(#\w+);--link:(#\w+)/g),
      ];
      assert.equal(found.length, 2);
      for (const [, card, button, on, link] of found) assert.ok(ratio(button, on) >= 4.5 && ratio(link, card) >= 4.5, accent);
    }),
  );
});

const REFUSED: readonly (readonly [options: object, message: RegExp])[] = [
  [{ brand: "Shop" }, /^pages\.brand is no object/],
  [{ words: null }, /^pages\.words is no object/],
  [{ brand: { name: "" } }, /^pages\.brand\.name is no text/],
  [{ brand: { logo: "javascript:alert(1)" } }, /^pages\.brand\.logo is no picture's address/],
  [{ brand: { logo: "//evil.example/a.png" } }, /^pages\.brand\.logo/],
  [{ brand: { logo: "http://shop.example/a.png" } }, /^pages\.brand\.logo/],
  [{ brand: { logo: "data:text/html,x" } }, /^pages\.brand\.logo/],
  [{ brand: { logo: "https://a.example; script-src *" } }, /^pages\.brand\.logo/],
  [{ brand: { css: "a{}</StYle><script>" } }, /^pages\.brand\.css has <\/style/],
  [{ brand: { colors: { accent: "red" } } }, /^pages\.brand\.colors\.accent is "red"; write a colour/],
  [{ language: "tlh" }, /^pages\.language has tlh\. There are: en, de, fr, es, ja, ar; pages\.words/],
  [{ language: "not a language" }, /^pages\.language has "not a language", which is no language/],
  [{ language: [] }, /^pages\.language is empty/],
  [{ words: { de: { goon: "x" } } }, /^pages\.words\.de\.goon is no text of ours\. Did you mean goOn\?/],
  [{ words: { de: { goOn: 1 } } }, /^pages\.words\.de\.goOn is no text/],
  [{ render: "x" }, /^pages\.render is no function/],
];

test("pages: options that cannot be right are told by their names", () => {
  for (const [options, message] of REFUSED) assert.throws(() => shown(options), { name: "TypeError", message });
});

test("pages: the browser chooses among the languages that are offered, and an app adds words and languages", () => {
  const asked = (options: PagesOptions, header: string) => {
    const pages = pagesOf(options, { entropy: systemEntropy, report: () => undefined });
    const page = endedPage("idle", "/auth/login") ?? assert.fail();
    const { body } = pages.show({ header: (name) => (name === "accept-language" ? header : undefined) }, page);
    return [/<html lang="([^"]+)"/.exec(body)?.[1], /<h1>([^<]*)/.exec(body)?.[1], /<html[^>]* dir="rtl"/.test(body)];
  };
  assert.deepEqual(asked({}, "de-AT,en;q=0.5"), ["de", "Sie sind abgemeldet", false]);
  assert.deepEqual(asked({}, "ar"), ["ar", "تم تسجيل خروجك", true]);
  assert.deepEqual(asked({ language: "fr" }, "de"), ["fr", "Vous êtes déconnecté", false]);
  assert.deepEqual(asked({ language: ["ja", "en"] }, "de"), ["ja", "サインアウトしました", false]);
  const words = { de: { "ended.title": "Du bist draußen" }, nl: { "ended.title": "U bent uitgelogd" } };
  assert.deepEqual(asked({ words }, "de"), ["de", "Du bist draußen", false]);
  assert.deepEqual(asked({ words, language: ["nl"] }, "de"), ["nl", "U bent uitgelogd", false]);
});

test("pages: the chooser lists providers as they are given, the one of last time first", () => {
  const pages = pagesOf({}, { entropy: systemEntropy, report: () => undefined });
  const choices = [
    { label: "Work <&>", href: "/auth/login?provider=work&return_to=%2F" },
    { label: "Google", href: "/auth/login?provider=google", last: true },
  ];
  const { body, status } = pages.show({ header: () => undefined }, choosePage(choices));
  assert.equal(status, 200);
  assert.deepEqual(
    [...body.matchAll(/href="([^"]+)">([^<]+)<\/a>(?:<span class="dim">([^<]+))?/g)].map(([, ...found]) => found),
    [
      ["/auth/login?provider=google", "Continue with Google", "You used this last time"],
      ["/auth/login?provider=work&amp;return_to=%2F", "Continue with Work &lt;&amp;&gt;", undefined],
    ],
  );
});

test("pages: an app's renderer gets the page as data, and its styles and scripts are let in by a nonce", () => {
  const seen: PageView[] = [];
  const render = (view: PageView) => {
    seen.push(view);
    return `<!doctype html><title>${view.title}</title>`;
  };
  const pages = [shown({ render, brand: { name: "Shop" } }, PLAIN, "de"), shown({ render })];
  assert.equal(pages[0]?.body, "<!doctype html><title>Title</title>");
  const [first, second] = seen;
  assert.deepEqual([first?.language, first?.direction, first?.brand, first?.kind], ["de", "ltr", { name: "Shop" }, "forbidden"]);
  assert.match(first?.nonce ?? "", /^[\w-]{22}$/);
  assert.notEqual(first?.nonce, second?.nonce);
  assert.ok(policyOf(pages[0] ?? assert.fail()).includes(`script-src 'nonce-${first?.nonce}'`));
  assert.match(policyOf(pages[0] ?? assert.fail()), /; base-uri 'none'; frame-ancestors 'none'; form-action 'none'$/);
  const contentSecurityPolicy = "default-src 'self'";
  const own = shown({ render: () => ({ html: "x", contentSecurityPolicy }) });
  assert.match(policyOf(own), /^default-src 'self'; base-uri 'none'; frame-ancestors 'none'/);
});

test("pages: a renderer that throws, or answers with nothing of use, leaves the page to ours, and is told", () => {
  const events: AuditEvent[] = [];
  const fails = () => {
    throw new Error("the template is gone");
  };
  const later = async () => "x";
  for (const render of [fails, later, () => 1]) {
    const options: object = { render };
    const pages = pagesOf(options, { entropy: systemEntropy, report: (event) => events.push(event) });
    assert.match(pages.show({ header: () => undefined }, () => PLAIN).body, /<h1>Title<\/h1>/);
  }
  assert.deepEqual(
    events.map(({ name }) => name),
    ["page.failed", "page.failed", "page.failed"],
  );
  assert.match(shown({ render: () => undefined }).body, /<h1>Title<\/h1>/);
});

/** Its tags with their attributes, without any text. */
const skeleton = (html: string): string =>
  html
    .replace(/<style>[\s\S]*<\/style>/, "")
    .replace(/"[^"]*"/g, '""')
    .replace(/>[^<]*/g, ">");

test("pages: whatever users and apps put in, a page's markup is ours alone", () => {
  const nasty = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom('"><script>alert(1)</script>', "'\" onload=x", "</title><b>", "&lt;", "</style>"),
  );
  fc.assert(
    fc.property(nasty, fc.constantFrom("en", "ar"), (text, language) => {
      const filled = (value: string): PageContent => ({
        kind: "failed",
        status: 400,
        title: value,
        paragraphs: [value],
        links: [{ label: value, href: value }],
        choices: [{ label: value, href: value, note: value }],
        form: { action: value, fields: [[value, value]], buttons: [{ label: value, name: value, value }] },
        facts: [{ label: value, value }],
        reference: { label: value, value },
        onward: value,
        sections: [
          {
            ...{ title: value, text: value, form: { action: value, fields: [], buttons: [{ label: value }] } },
            entries: [{ title: value, badge: value, lines: [value], links: [{ label: value, href: value }] }],
          },
        ],
      });
      const brand = { name: `n${text.replace(/\p{Cs}/gu, "").slice(0, 90)}` };
      assert.equal(
        skeleton(shown({ brand }, filled(text), language).body),
        skeleton(shown({ brand: { name: "n" } }, filled("x"), language).body),
      );
    }),
  );
});
