/** Settings without the keys that are `undefined` or empty: the library tells an absent option from an empty one. */
export function omitUnset<T extends object>(settings: T): { readonly [K in keyof T]: Exclude<T[K], undefined> };
export function omitUnset(settings: object): object {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined && !isEmpty(value)));
}

const isEmpty = (value: unknown): boolean => Array.isArray(value) && value.length === 0;
