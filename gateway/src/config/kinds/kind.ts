/** What a setting is made of: types only, so that every kind and every source may import it. */
import type { Place } from "../sources/place.ts";

/** A JSON Schema, as far as this program writes one. */
export type JsonSchema = { readonly [key: string]: unknown };

/** A kind of value: how it is read from text or from a file, and how it is described. */
export interface Kind<T> {
  /** For people: `a duration such as 15m`. */
  readonly label: string;
  readonly schema: JsonSchema;
  /** The value, or `undefined` after a report to `place`. */
  read(raw: unknown, place: Place): T | undefined;
  /** What one text of a flag or variable stands for; lists split it. */
  fromText?(text: string): unknown;
  /** The fields of an object. */
  readonly fields?: Shape;
  /** The kind of the items of a list. */
  readonly item?: Kind<unknown>;
}

/** What a file may hold as it stands, before a kind read it. */
export type Raw = string | number | boolean | readonly Raw[] | { readonly [key: string]: Raw };

/** One setting: its kind, what it means, how else it may be given, and what holds when it is not. */
export interface Field<T> {
  readonly kind: Kind<unknown>;
  readonly doc: string;
  /** The environment variable. The flag is the same name without `COATCHECK_`, in kebab case. */
  readonly env?: string;
  /** Secrets and tokens have no flag, and are never shown. */
  readonly secret?: true;
  /** What holds when nothing is given; read by the kind. */
  readonly fallback?: Raw;
  /** What would be right, told if a required value is missing. */
  readonly required?: string;
  read(raw: unknown, place: Place): T | undefined;
}

/** The fields of an object, by key. */
export interface Shape {
  readonly [key: string]: Field<unknown>;
}

/** The type of what a shape reads. */
export type Infer<S extends Shape> = { readonly [K in keyof S]: S[K] extends Field<infer T> ? T : never };
