/** Doubly linked lists of rows, whose links are two integers in each row. */
import { hashOfText } from "../../core/hot-rows.ts";
import type { Handle } from "./cells.ts";
import { NOWHERE } from "./cells.ts";
import type { HashIndex } from "./index-table.ts";
import type { List, RowCells } from "./row-cells.ts";

/** The first row of each list. */
interface Heads<Key> {
  of(key: Key): Handle;
  /** {@link NOWHERE} as `before` or `now` stands for an empty list. */
  replace(key: Key, before: Handle, now: Handle): void;
}

/** Lists by a key. */
export class RowLists<Key> {
  readonly #rows: RowCells;
  readonly #list: List;
  readonly #heads: Heads<Key>;

  constructor(rows: RowCells, list: List, heads: Heads<Key>) {
    this.#rows = rows;
    this.#list = list;
    this.#heads = heads;
  }

  /** The rows of a key. The list may not change during the iteration. */
  *of(key: Key): Generator<Handle, void, undefined> {
    for (let handle = this.#heads.of(key); handle !== NOWHERE; handle = this.#rows.after(handle, this.#list)) yield handle;
  }

  add(key: Key, handle: Handle): void {
    const head = this.#heads.of(key);
    if (head === NOWHERE) this.#heads.replace(key, NOWHERE, handle);
    else {
      this.#rows.join(handle, this.#rows.after(head, this.#list), this.#list);
      this.#rows.join(head, handle, this.#list);
    }
  }

  remove(key: Key, handle: Handle): void {
    const before = this.#rows.before(handle, this.#list);
    const after = this.#rows.after(handle, this.#list);
    if (before === NOWHERE) this.#heads.replace(key, handle, after);
    this.#rows.join(before, after, this.#list);
  }
}

/** Heads by a text that the rows themselves hold. */
export function headsIn(index: HashIndex): Heads<string> {
  return {
    of: (key) => index.find(hashOfText(key), key),
    replace(key, before, now) {
      if (before === NOWHERE) index.add(hashOfText(key), now);
      else index.replace(hashOfText(key), before, now);
    },
  };
}

/** Heads by a number, of which there are few. */
export function headsBy(map: Map<number, Handle>): Heads<number> {
  return {
    of: (key) => map.get(key) ?? NOWHERE,
    replace(key, _before, now) {
      if (now === NOWHERE) map.delete(key);
      else map.set(key, now);
    },
  };
}
