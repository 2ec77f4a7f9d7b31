import type { Field, Shape } from "./shape.ts";

/** A setting that a variable, and mostly a flag, can give. */
export interface NamedSetting {
  readonly path: readonly (string | number)[];
  readonly variable: string;
  /** `--client-id`; secrets have none. */
  readonly flag: string | undefined;
  readonly field: Field<unknown>;
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
      found.push({ path: here, variable: field.env, flag: field.secret === true ? undefined : flagOf(field.env), field });
    }
    const { fields, item } = field.kind;
    if (fields !== undefined) found.push(...namedSettings(fields, here));
    if (item?.fields !== undefined) found.push(...namedSettings(item.fields, [...here, 0]));
  }
  return found;
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
