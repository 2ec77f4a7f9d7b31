import { readdirSync } from "node:fs";
import type { Module } from "./target.ts";

const FOLDER = new URL("modules/", import.meta.url);

/** Every module, in the order of its id. */
export async function loadModules(): Promise<readonly Module[]> {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith(".ts"));
  return Promise.all(files.sort().map((file) => load(file)));
}

async function load(file: string): Promise<Module> {
  const found: Partial<Module> = await import(new URL(file, FOLDER).href);
  const { title, run } = found;
  const id = /^([a-z]+)-(\d\d)-/.exec(file);
  if (title === undefined || run === undefined) throw new TypeError(`${file} exports no title, or no run`);
  if (id === null || !title.startsWith(`${id[1]?.toUpperCase()}-${id[2]} `))
    throw new TypeError(`${file}: title and name have different ids`);
  return { title, run };
}
