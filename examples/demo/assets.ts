/** Scripts, styles and icons that the pages load, read once at the start. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { clientModules } from "./client-modules.ts";

export interface Asset {
  readonly type: string;
  readonly content: string;
}

const read = (name: string): string => readFileSync(join(import.meta.dirname, "public", name), "utf8");

/** Everything that pages load, read once. */
const ASSETS: ReadonlyMap<string, Asset> = new Map([
  ["/assets/style.css", { type: "text/css; charset=utf-8", content: read("style.css") }],
  ["/assets/icon.svg", { type: "image/svg+xml", content: read("icon.svg") }],
  ["/assets/session.js", { type: "text/javascript; charset=utf-8", content: read("session.js") }],
  ["/assets/desk.js", { type: "text/javascript; charset=utf-8", content: read("desk.js") }],
  ["/assets/sign-out.js", { type: "text/javascript; charset=utf-8", content: read("sign-out.js") }],
  ...[...clientModules()].map(
    ([name, content]) => [`/assets/coatcheck/${name}`, { type: "text/javascript; charset=utf-8", content }] as const,
  ),
]);

/** The asset of a path, where there is one. */
export const serveAsset = (path: string): Asset | undefined => ASSETS.get(path);
