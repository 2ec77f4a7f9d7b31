/** A slab allocator outside the heap: the garbage collector sees a few large buffers, however many rows there are. */

/** Where a cell is. 0 is nowhere. */
export type Handle = number;
export const NOWHERE: Handle = 0;

/** A handle's lower bits are the cell's number within its slab. */
const CELL_BITS = 13;
const MOST_CELLS = 2 ** CELL_BITS;
const CELL_MASK = MOST_CELLS - 1;
/** A handle is a 32-bit integer, whose sign bit is used like the others. */
const MOST_SLABS = 2 ** (32 - CELL_BITS);
/** Slabs of one cell size double up to {@link SLAB_BYTES}. */
const FIRST_BYTES = 8_192;
const SLAB_BYTES = 2 ** 20;

/** A buffer of cells of one size, with views of the same bytes as text, as integers and as numbers. */
export interface Slab {
  readonly bytes: Buffer;
  readonly integers: Int32Array;
  readonly numbers: Float64Array;
  readonly cellBytes: number;
}

interface OwnSlab extends Slab {
  readonly index: number;
  readonly cells: number;
  /** The first cell that was never used. */
  fresh: number;
  /** The free list: the last cell that was given back, plus 1; it holds the one before it. 0: empty. */
  back: number;
  used: number;
}

/** Allocates and frees cells. A slab with no used cell is released. */
export class Cells {
  readonly #slabs: (OwnSlab | undefined)[] = [undefined];
  /** Indexes of slabs that were released. */
  readonly #vacant: number[] = [];
  /** By cell size: slabs with a free cell, and how many slabs there are. */
  readonly #open = new Map<number, OwnSlab[]>();
  readonly #count = new Map<number, number>();

  /** The slab of a cell. */
  slab(handle: Handle): Slab {
    const slab = this.#slabs[handle >>> CELL_BITS];
    if (slab === undefined) throw new TypeError("a cell that was given back");
    return slab;
  }

  /** Where in its slab a cell begins, in bytes. */
  begin(handle: Handle, { cellBytes }: Slab): number {
    return (handle & CELL_MASK) * cellBytes;
  }

  /** Allocates a cell of at least so many bytes, all zero. */
  take(bytes: number): Handle {
    const size = cellBytesOf(bytes);
    const open = this.#openOf(size);
    const slab = open.at(-1) ?? this.#grow(size, open);
    const cell = slab.back === 0 ? slab.fresh++ : this.#takeBack(slab);
    slab.used += 1;
    if (isFull(slab)) open.pop();
    return (slab.index << CELL_BITS) | cell;
  }

  /** Frees a cell and wipes it. */
  give(handle: Handle): void {
    const slab = this.#slabs[handle >>> CELL_BITS];
    if (slab === undefined) throw new TypeError("a cell that was given back");
    const open = this.#openOf(slab.cellBytes);
    if (isFull(slab)) open.push(slab);
    const cell = handle & CELL_MASK;
    const begin = cell * slab.cellBytes;
    slab.bytes.fill(0, begin, begin + slab.cellBytes);
    slab.integers[begin / 4] = slab.back;
    slab.back = cell + 1;
    slab.used -= 1;
    if (slab.used === 0) this.#letGo(slab, open);
  }

  clear(): void {
    this.#slabs.length = 1;
    this.#vacant.length = 0;
    this.#open.clear();
    this.#count.clear();
  }

  #openOf(size: number): OwnSlab[] {
    const known = this.#open.get(size);
    if (known !== undefined) return known;
    const open: OwnSlab[] = [];
    this.#open.set(size, open);
    return open;
  }

  #takeBack(slab: OwnSlab): number {
    const cell = slab.back - 1;
    const at = (cell * slab.cellBytes) / 4;
    slab.back = slab.integers[at] ?? 0;
    slab.integers[at] = 0;
    return cell;
  }

  #grow(size: number, open: OwnSlab[]): OwnSlab {
    const count = this.#count.get(size) ?? 0;
    const wanted = Math.min(SLAB_BYTES, FIRST_BYTES * 2 ** Math.min(count, 16));
    const cells = Math.min(MOST_CELLS, Math.max(1, Math.floor(wanted / size)));
    if (this.#vacant.length === 0 && this.#slabs.length >= MOST_SLABS) {
      throw new RangeError("the memory store has no numbers left for slabs");
    }
    // Throws if there is no memory; nothing has changed yet.
    const buffer = new ArrayBuffer(cells * size);
    const index = this.#vacant.pop() ?? this.#slabs.length;
    const slab: OwnSlab = {
      bytes: Buffer.from(buffer),
      integers: new Int32Array(buffer),
      numbers: new Float64Array(buffer),
      cellBytes: size,
      index,
      cells,
      fresh: 0,
      back: 0,
      used: 0,
    };
    this.#slabs[index] = slab;
    this.#count.set(size, count + 1);
    open.push(slab);
    return slab;
  }

  #letGo(slab: OwnSlab, open: OwnSlab[]): void {
    // One slab stays, so that a single row that comes and goes does not allocate one each time.
    if (open.length < 2) return;
    open.splice(open.indexOf(slab), 1);
    this.#slabs[slab.index] = undefined;
    this.#vacant.push(slab.index);
    this.#count.set(slab.cellBytes, (this.#count.get(slab.cellBytes) ?? 1) - 1);
  }
}

const isFull = ({ back, fresh, cells }: OwnSlab): boolean => back === 0 && fresh === cells;

/** Rounds up to sizes a sixteenth apart, so that little of a cell stays empty and there are few sizes. */
function cellBytesOf(bytes: number): number {
  const step = Math.max(32, 2 ** (Math.ceil(Math.log2(bytes)) - 5));
  return Math.ceil(bytes / step) * step;
}
