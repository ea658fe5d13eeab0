/** A growing column of numbers, 8 bytes each: a million customers' purchases fit in memory where objects would not. */

/** Appends in amortised constant time; `values` is the part filled so far. */
export class Column {
  private store = new Float64Array(1024);
  private size = 0;

  get length(): number {
    return this.size;
  }

  push(value: number): void {
    if (this.size === this.store.length) {
      const larger = new Float64Array(2 * this.size);
      larger.set(this.store);
      this.store = larger;
    }
    this.store[this.size] = value;
    this.size += 1;
  }

  /** A view, not a copy: valid until the next push. */
  values(): Float64Array {
    return this.store.subarray(0, this.size);
  }
}
