/** The JSON Schema and the table of settings, made from their definition. */
import { SETTINGS } from "../definition.ts";
import type { Field, JsonSchema, Raw, Shape } from "../kinds/kind.ts";
import { object } from "../kinds/shape.ts";
import { fileKeyOf, fileVariableOf } from "./secret-file.ts";
import { flagOf } from "./sources.ts";

/** The JSON Schema of the configuration file. */
export function configSchema(): JsonSchema {
  const { required: _, ...schema } = object(SETTINGS).schema;
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Configuration of the Coatcheck gateway",
    description: "What is required may also come from flags and environment, so no key of the file itself is.",
    ...withoutRequired(schema),
  };
}

/** Providers take what they need from the environment as well. */
function withoutRequired(schema: JsonSchema): JsonSchema {
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key, value]) => !(key === "required" && Array.isArray(value) && value.includes("issuer")))
      .map(([key, value]) => [key, isMapping(value) ? withoutRequired(value) : Array.isArray(value) ? value.map(within) : value]),
  );
}

const within = (value: unknown): unknown => (isMapping(value) ? withoutRequired(value) : value);

function isMapping(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Every setting as a row of a Markdown table. */
export function settingsTable(): string {
  const head = "| Key | Variable, flag | Value | Default | Meaning |\n|---|---|---|---|---|";
  return [head, ...rows(SETTINGS, "")].join("\n");
}

function rows(shape: Shape, prefix: string): readonly string[] {
  return Object.entries(shape).flatMap(([key, field]) => {
    const name = `${prefix}${key}`;
    const { fields, item } = field.kind;
    const whole = (shown: string): readonly string[] =>
      field.env === undefined ? [] : [row(shown, field, `${field.kind.label} of the keys below`)];
    if (fields !== undefined) return [...whole(name), ...rows(fields, `${name}.`)];
    if (item?.fields === undefined) return [row(name, field, field.kind.label)];
    return [...whole(`${name}[]`), ...rows(item.fields, `${name}[].`)];
  });
}

function row(key: string, field: Field<unknown>, label: string): string {
  const secret = field.secret === true;
  const variables = field.env === undefined ? [] : secret ? [field.env, fileVariableOf(field.env)] : [field.env];
  const names = [...variables, ...variables.slice(secret ? 1 : 0).map(flagOf)];
  const keys = secret ? [key, fileKeyOf(key)] : [key];
  const standard = field.required !== undefined ? "required" : shownDefault(field.fallback);
  const cells = [
    keys.map((name) => `\`${name}\``).join(", "),
    names.map((name) => `\`${name}\``).join(", "),
    label,
    standard,
    field.doc,
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function shownDefault(standard: Raw | undefined): string {
  if (standard === undefined) return "";
  if (typeof standard !== "object") return `\`${String(standard)}\``;
  return Array.isArray(standard) && standard.length > 0 ? standard.map((one) => `\`${String(one)}\``).join(", ") : "none";
}
