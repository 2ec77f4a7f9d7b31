import { readFileSync, writeFileSync } from "node:fs";
import { configSchema, settingsTable } from "../src/config/sources/document.ts";

/** Where the table stands, and the schema. */
export const TABLE = new URL("../../docs/configuration.md", import.meta.url);
export const SCHEMA = new URL("../config.schema.json", import.meta.url);

/** The schema as its file holds it. */
export const schemaText = (): string => `${JSON.stringify(configSchema(), null, 2)}\n`;

const IN_FILE = /^\| Key \| Variable, flag \|(?:.|\n)*?(?=\n\n)/m;

/** A document with the table of settings brought up to date. */
export const withTable = (document: string): string => document.replace(IN_FILE, () => settingsTable());

if (import.meta.main) {
  writeFileSync(TABLE, withTable(readFileSync(TABLE, "utf8")));
  writeFileSync(SCHEMA, schemaText());
}
