/** Settings by variable and flag, and the tree that the sources write into. */
import type { Field, Shape } from "../kinds/kind.ts";
import { optional } from "../kinds/shape.ts";
import { fileKeyOf, fileVariableOf, secretFileName } from "./secret-file.ts";

/** A setting that a variable, and mostly a flag, can give. */
export interface NamedSetting {
  readonly path: readonly (string | number)[];
  readonly variable: string;
  /** `--client-id`; secrets have none. */
  readonly flag: string | undefined;
  readonly field: Field<unknown>;
  /**
   * The other path that says the same: a secret's file, and the other way round. What is given for one takes the
   * other's place.
   */
  readonly instead?: readonly (string | number)[];
}

/** `COATCHECK_CLIENT_ID` as a flag. */
export function flagOf(variable: string): string {
  return `--${variable
    .replace(/^COATCHECK_/, "")
    .toLowerCase()
    .replaceAll("_", "-")}`;
}

/** Every setting of a shape that has a variable. Within a list it is the first item that the variable sets. */
export function namedSettings(shape: Shape, path: readonly (string | number)[] = []): readonly NamedSetting[] {
  const found: NamedSetting[] = [];
  for (const [key, field] of Object.entries(shape)) {
    const here = [...path, key];
    if (field.env !== undefined) {
      const file = [...path, fileKeyOf(key)];
      if (field.secret !== true) found.push({ path: here, variable: field.env, flag: flagOf(field.env), field });
      else found.push({ path: here, variable: field.env, flag: undefined, field, instead: file }, fileOf(field.env, file, here));
    }
    const { fields, item } = field.kind;
    if (fields !== undefined) found.push(...namedSettings(fields, here));
    if (item?.fields !== undefined) found.push(...namedSettings(item.fields, [...here, 0]));
  }
  return found;
}

function fileOf(secret: string, path: readonly (string | number)[], instead: readonly (string | number)[]): NamedSetting {
  const variable = fileVariableOf(secret);
  return { path, variable, flag: flagOf(variable), field: optional(secretFileName, `A file that holds ${secret}.`), instead };
}

/** A tree of raw values that later sources write over. */
export class RawTree {
  readonly #root: { [key: string]: unknown };

  constructor(root: object) {
    this.#root = structuredClone(Object.fromEntries(Object.entries(root)));
  }

  /** Sets the value at a path, making objects and lists on the way; what stands in the way is replaced. */
  set(path: readonly (string | number)[], value: unknown): void {
    let holder: object = this.#root;
    path.forEach((step, index) => {
      if (index === path.length - 1) {
        Reflect.set(holder, step, value);
        return;
      }
      const next: unknown = Reflect.get(holder, step);
      if (typeof next === "object" && next !== null) {
        holder = next;
        return;
      }
      const made: object = typeof path[index + 1] === "number" ? [] : {};
      Reflect.set(holder, step, made);
      holder = made;
    });
  }

  /** Removes the value at a path, if there is one. */
  unset(path: readonly (string | number)[]): void {
    let holder: unknown = this.#root;
    for (const step of path.slice(0, -1)) {
      if (typeof holder !== "object" || holder === null) return;
      holder = Reflect.get(holder, step);
    }
    const last = path.at(-1);
    if (typeof holder === "object" && holder !== null && last !== undefined) Reflect.deleteProperty(holder, last);
  }

  has(path: readonly (string | number)[]): boolean {
    let value: unknown = this.#root;
    for (const step of path) {
      if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return false;
      value = Reflect.get(value, step);
    }
    return value !== undefined && value !== null;
  }

  get value(): { readonly [key: string]: unknown } {
    return this.#root;
  }
}
