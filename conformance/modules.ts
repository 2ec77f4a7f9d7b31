/** Finds the modules: every file in a folder of `modules/` is one, named after the requirement that it proves. */
import { readdirSync } from "node:fs";
import { basename } from "node:path";
import type { Module } from "./target.ts";

const FOLDER = new URL("modules/", import.meta.url);

/** Every module, in the order of its id. */
export async function loadModules(): Promise<readonly Module[]> {
  const files = readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  return Promise.all(files.toSorted(byName).map((file) => load(file)));
}

const byName = (one: string, other: string): number => (basename(one) < basename(other) ? -1 : 1);

async function load(file: string): Promise<Module> {
  const found: Partial<Module> = await import(new URL(file, FOLDER).href);
  const { title, run } = found;
  const id = /^([a-z]+)-(\d\d)-/.exec(basename(file));
  if (title === undefined || run === undefined) throw new TypeError(`${file} exports no title, or no run`);
  if (id === null || !title.startsWith(`${id[1]?.toUpperCase()}-${id[2]} `))
    throw new TypeError(`${file}: title and name have different ids`);
  return { title, run };
}
