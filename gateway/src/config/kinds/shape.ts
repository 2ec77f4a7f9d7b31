/** Fields, and the kinds that hold other kinds: objects and lists. */
import { omitUndefined, suggest } from "coatcheck/settings";
import type { Place } from "../sources/place.ts";
import { fileKeyOf, readSecretFile, secretFileName } from "../sources/secret-file.ts";
import type { Field, Infer, JsonSchema, Kind, Raw, Shape } from "./kind.ts";

interface FieldOptions {
  readonly env?: string;
  readonly secret?: true;
}

/** A setting that must be given; `right` says what would be right. */
export function required<T>(kind: Kind<T>, doc: string, right: string, options: FieldOptions = {}): Field<T> {
  const read = (raw: unknown, place: Place): T | undefined =>
    raw === undefined ? place.fail("is missing", right) : kind.read(raw, place);
  return { kind, doc, required: right, ...options, read };
}

/** A setting with a default. */
export function fallback<T>(kind: Kind<T>, doc: string, standard: Raw, options: FieldOptions = {}): Field<T> {
  return {
    kind,
    doc,
    fallback: standard,
    ...options,
    read: (raw, place) => kind.read(raw === undefined ? standard : raw, place),
  };
}

/** A setting that may be absent. */
export function optional<T>(kind: Kind<T>, doc: string, options: FieldOptions = {}): Field<T | undefined> {
  return { kind, doc, ...options, read: (raw, place) => (raw === undefined ? undefined : kind.read(raw, place)) };
}

/**
 * Whether what was built field by field has every key of its shape. Fields that failed were reported, and stop
 * everything later.
 */
function isComplete<S extends Shape>(shape: S, built: object): built is Infer<S> {
  return Object.keys(shape).every((key) => Object.hasOwn(built, key));
}

function isMapping(raw: unknown): raw is { readonly [key: string]: unknown } {
  return typeof raw === "object" && raw !== null && !Array.isArray(raw);
}

function objectSchema(shape: Shape): JsonSchema {
  // A secret may come from a file instead.
  const needed = Object.entries(shape).filter(([, field]) => field.required !== undefined && field.secret !== true);
  return {
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries(
      Object.entries(shape).flatMap(([key, field]) => {
        const standard = omitUndefined({ default: isMapping(field.fallback) ? undefined : field.fallback });
        const file = { ...secretFileName.schema, description: `A file that holds \`${key}\`, instead of it.` };
        return [
          [key, { ...field.kind.schema, description: field.doc, ...standard }] as const,
          ...(field.secret === true ? [[fileKeyOf(key), file] as const] : []),
        ];
      }),
    ),
    ...omitUndefined({ required: needed.length === 0 ? undefined : needed.map(([key]) => key) }),
  };
}

/** An object with these fields and no others. `shorthand` reads a text instead. */
export function object<S extends Shape>(
  shape: S,
  shorthand?: { readonly label: string; expand(text: string): unknown },
): Kind<Infer<S>> {
  const secrets = Object.keys(shape).filter((key) => shape[key]?.secret === true);
  const known = [...Object.keys(shape), ...secrets.map(fileKeyOf)];
  const schema = objectSchema(shape);
  return {
    label: shorthand?.label ?? "an object",
    schema: shorthand === undefined ? schema : { anyOf: [{ type: "string" }, schema] },
    fields: shape,
    read(raw, place) {
      const given = typeof raw === "string" && shorthand !== undefined ? shorthand.expand(raw) : raw;
      if (!isMapping(given)) return place.fail("is no object", `It takes the keys ${known.join(", ")}.`);
      for (const key of Object.keys(given)) {
        if (known.includes(key)) continue;
        const meant = suggest(key, known);
        place
          .child(key)
          .fail("is no setting", meant === undefined ? `Known here: ${known.join(", ")}.` : `Did you mean ${meant}?`);
      }
      const built: { [key: string]: unknown } = {};
      for (const [key, field] of Object.entries(shape)) {
        const value = valueIn(given, key);
        const file = field.secret === true ? valueIn(given, fileKeyOf(key)) : undefined;
        built[key] =
          file === undefined ? field.read(value, place.child(key)) : fromFile(field, file, place.child(fileKeyOf(key)));
        if (file !== undefined && value !== undefined)
          place.child(key).fail(`is given, and so is ${fileKeyOf(key)}`, "Keep one.");
      }
      return isComplete(shape, built) ? built : undefined;
    },
  };
}

function valueIn(given: { readonly [key: string]: unknown }, key: string): unknown {
  return Object.hasOwn(given, key) && given[key] !== null ? given[key] : undefined;
}

/** A secret from its file; several stand on lines of their own, or with commas between. */
function fromFile<T>(field: Field<T>, file: unknown, place: Place): T | undefined {
  const text = readSecretFile(file, place);
  if (text === undefined) return undefined;
  return field.read(field.kind.item === undefined ? text : splitList(text.replaceAll(/\s*\n\s*/g, ",")), place);
}

/** Several values. A text is split at commas; a single value stands for a list of one. */
export function list<T>(item: Kind<T>, minimum = 0): Kind<readonly T[]> {
  return {
    label: `a list: ${item.label}`,
    schema: {
      anyOf: [
        { type: "array", items: item.schema, ...omitUndefined({ minItems: minimum > 0 ? minimum : undefined }) },
        item.schema,
      ],
    },
    item,
    fromText: splitList,
    read(raw, place) {
      const items: readonly unknown[] = Array.isArray(raw) ? raw : typeof raw === "string" ? splitList(raw) : [raw];
      if (items.length < minimum) return place.fail("is empty", `It needs ${item.label}.`);
      const values: T[] = [];
      items.forEach((one, index) => {
        const value = item.read(one, place.child(index));
        if (value !== undefined) values.push(value);
      });
      return values;
    },
  };
}

function splitList(text: string): readonly string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
