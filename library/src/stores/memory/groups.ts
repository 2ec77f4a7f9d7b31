/** Sets of strings by a key; an empty set is dropped. */
export class Groups<Key> {
  readonly #groups = new Map<Key, Set<string>>();

  of(key: Key): Iterable<string> {
    return this.#groups.get(key) ?? [];
  }

  entries(): Iterable<[Key, Set<string>]> {
    return this.#groups;
  }

  add(key: Key, id: string): void {
    const group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, new Set([id]));
    else group.add(id);
  }

  remove(key: Key, id: string): void {
    const group = this.#groups.get(key);
    if (group?.delete(id) && group.size === 0) this.#groups.delete(key);
  }

  clear(): void {
    this.#groups.clear();
  }
}
