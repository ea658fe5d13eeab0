/**
 * Walks the bytes of one Avro value without building anything, before the Avro library touches them: the library
 * believes block counts and lengths, so a few bytes could ask it for gigabytes.
 *
 * I1: whatever passes lies wholly inside the buffer, ends exactly at its end, and is within `scanLimits`.
 * I2: the cost is linear in the bytes walked plus the items allowed; nothing is allocated.
 * It follows the *writer's* schema; it does not decode, and it does not judge the meaning of a value.
 */
import avro, { type Type } from 'avsc';

const { types } = avro;

/** Limits on one value; larger ones are of no use to any input and cost memory in the state. */
export const scanLimits = {
  /** Items of one array or map. An order of more lines is a bulk import that belongs in several orders. */
  items: 1_000,
  /** Items of all arrays and maps together: bounds what nested arrays can ask for (about 1 ms to decode). */
  itemsTotal: 10_000,
  /** Bytes of one string or bytes value; ids and codes are far shorter, foreign fields may carry more. */
  textBytes: 65_536,
  /** Records inside records; the contract needs 4, a recursive foreign schema could ask for any depth. */
  depth: 32,
} as const;

export type ScanFault = 'undecodable' | 'limit_exceeded' | 'invalid_field';

/** Scans `buffer` from `start` to its end; null = sound. Never throws. */
export type Scan = (buffer: Buffer, start: number) => ScanFault | null;

/** Negative results of a walker, which otherwise returns the position after the value. */
const undecodable = -1;
const limitExceeded = -2;

const nothing = Buffer.alloc(0);

class Cursor {
  buffer: Buffer = nothing;
  /** The varint read last. */
  value = 0;
  itemsLeft = 0;
  depth = 0;
  /** A number that JSON and JavaScript cannot hold: not finite, or a long beyond 2^52. */
  hasOddNumber = false;
}

function hasOddNumber(cursor: Cursor): boolean {
  return cursor.hasOddNumber;
}

type Walk = (cursor: Cursor, at: number) => number;

/** Zigzag values from here on are longs that do not fit a JavaScript number safely. */
const unsafeFrom = 2 ** 53;

/** Reads a varint of at most 10 bytes into `cursor.value`; above 2^53 the value is only good for comparison. */
function walkLong(cursor: Cursor, at: number): number {
  const { buffer } = cursor;
  if (at >= buffer.length) return undecodable;
  const byte = buffer[at] ?? 0;
  if (byte < 0x80) {
    cursor.value = (byte >>> 1) ^ -(byte & 1);
    return at + 1;
  }
  return walkWideLong(cursor, at, byte);
}

function walkWideLong(cursor: Cursor, at: number, first: number): number {
  const { buffer } = cursor;
  let zigzag = first & 0x7f;
  let scale = 128;
  for (let next = at + 1; next < at + 10; next++) {
    if (next >= buffer.length) return undecodable;
    const byte = buffer[next] ?? 0;
    zigzag += (byte & 0x7f) * scale;
    scale *= 128;
    if (byte >= 0x80) continue;
    if (next === at + 9 && byte > 1) return undecodable;
    if (zigzag >= unsafeFrom) cursor.hasOddNumber = true;
    cursor.value = zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
    return next + 1;
  }
  return undecodable;
}

function walkInt(cursor: Cursor, at: number): number {
  const next = walkLong(cursor, at);
  return next >= 0 && (cursor.value > 0x7fffffff || cursor.value < -0x80000000) ? undecodable : next;
}

function walkText(cursor: Cursor, at: number): number {
  const next = walkLong(cursor, at);
  if (next < 0) return next;
  const length = cursor.value;
  if (length < 0 || length > cursor.buffer.length - next) return undecodable;
  return length > scanLimits.textBytes ? limitExceeded : next + length;
}

function walkBoolean(cursor: Cursor, at: number): number {
  return at < cursor.buffer.length && (cursor.buffer[at] ?? 2) <= 1 ? at + 1 : undecodable;
}

function walkDouble(cursor: Cursor, at: number): number {
  if (at + 8 > cursor.buffer.length) return undecodable;
  if (!Number.isFinite(cursor.buffer.readDoubleLE(at))) cursor.hasOddNumber = true;
  return at + 8;
}

function walkFloat(cursor: Cursor, at: number): number {
  if (at + 4 > cursor.buffer.length) return undecodable;
  if (!Number.isFinite(cursor.buffer.readFloatLE(at))) cursor.hasOddNumber = true;
  return at + 4;
}

function walkNull(_cursor: Cursor, at: number): number {
  return at;
}

function walkFixed(size: number): Walk {
  return (cursor, at) => (size > cursor.buffer.length - at ? undecodable : at + size);
}

function walkIndex(count: number): Walk {
  return (cursor, at) => {
    const next = walkLong(cursor, at);
    return next >= 0 && (cursor.value < 0 || cursor.value >= count) ? undecodable : next;
  };
}

function walkUnion(branches: readonly Walk[]): Walk {
  return (cursor, at) => {
    const next = walkLong(cursor, at);
    if (next < 0) return next;
    const branch = branches[cursor.value];
    return branch === undefined ? undecodable : branch(cursor, next);
  };
}

function walkRecord(fields: readonly Walk[]): Walk {
  return (cursor, at) => {
    if (++cursor.depth > scanLimits.depth) return limitExceeded;
    let next = at;
    for (const field of fields) {
      next = field(cursor, next);
      if (next < 0) return next;
    }
    cursor.depth--;
    return next;
  };
}

/** Blocks of an array or map until a block of 0 items; a negative count is followed by the block's size in bytes. */
function walkBlocks(item: Walk, itemBytesMin: number): Walk {
  return (cursor, at) => {
    let next = at;
    let items = 0;
    for (;;) {
      next = walkLong(cursor, next);
      if (next < 0 || cursor.value === 0) return next;
      const count = Math.abs(cursor.value);
      let end = -1;
      if (cursor.value < 0) {
        next = walkLong(cursor, next);
        if (next < 0) return next;
        end = next + cursor.value;
        // The library skips by this size, so it must be the truth.
        if (cursor.value < 0 || end > cursor.buffer.length) return undecodable;
      }
      if (count * itemBytesMin > cursor.buffer.length - next) return undecodable;
      items += count;
      cursor.itemsLeft -= count;
      if (items > scanLimits.items || cursor.itemsLeft < 0) return limitExceeded;
      for (let i = 0; i < count; i++) {
        next = item(cursor, next);
        if (next < 0) return next;
      }
      if (end >= 0 && next !== end) return undecodable;
    }
  };
}

/** Compiles the walkers of a schema; named types are compiled once, so recursive schemas end. */
class Compiler {
  readonly #walks = new Map<Type, Walk>();
  readonly #bytesMin = new Map<Type, number>();

  walk(type: Type): Walk {
    const known = this.#walks.get(type);
    if (known !== undefined) return known;
    if (!(type instanceof types.RecordType)) {
      const walk = this.#build(type);
      this.#walks.set(type, walk);
      return walk;
    }
    const fields: Walk[] = [];
    const walk = walkRecord(fields);
    this.#walks.set(type, walk);
    for (const field of type.fields) fields.push(this.walk(field.type));
    return walk;
  }

  #build(type: Type): Walk {
    if (type instanceof types.ArrayType) return walkBlocks(this.walk(type.itemsType), this.bytesMin(type.itemsType));
    if (type instanceof types.MapType) {
      const values = type.valuesType as Type;
      const value = this.walk(values);
      const entry: Walk = (cursor, at) => {
        const next = walkText(cursor, at);
        return next < 0 ? next : value(cursor, next);
      };
      return walkBlocks(entry, 1 + this.bytesMin(values));
    }
    if (type instanceof types.UnwrappedUnionType || type instanceof types.WrappedUnionType) {
      return walkUnion(type.types.map((branch) => this.walk(branch)));
    }
    if (type instanceof types.EnumType) return walkIndex(type.symbols.length);
    if (type instanceof types.FixedType) return walkFixed(type.size);
    const primitive = primitives[type.typeName];
    if (primitive === undefined) throw new Error(`no walker for Avro type ${type.typeName}`);
    return primitive;
  }

  /** The fewest bytes a value of the type takes; 0 where it may take none (or recurs). */
  bytesMin(type: Type): number {
    const known = this.#bytesMin.get(type);
    if (known !== undefined) return known;
    this.#bytesMin.set(type, 0);
    const bytes = this.#sumMin(type);
    this.#bytesMin.set(type, bytes);
    return bytes;
  }

  #sumMin(type: Type): number {
    if (type instanceof types.RecordType) {
      return type.fields.reduce((sum, field) => sum + this.bytesMin(field.type), 0);
    }
    if (type instanceof types.FixedType) return type.size;
    return { null: 0, double: 8, float: 4 }[type.typeName] ?? 1;
  }
}

const primitives: Readonly<Record<string, Walk | undefined>> = {
  null: walkNull,
  boolean: walkBoolean,
  int: walkInt,
  long: walkLong,
  float: walkFloat,
  double: walkDouble,
  string: walkText,
  bytes: walkText,
};

/** Compiles the scan of one writer schema. Throws: on a type it does not know. */
export function compileScan(type: Type): Scan {
  const walk = new Compiler().walk(type);
  const cursor = new Cursor();
  return (buffer, start) => {
    cursor.buffer = buffer;
    cursor.itemsLeft = scanLimits.itemsTotal;
    cursor.depth = 0;
    cursor.hasOddNumber = false;
    const end = walk(cursor, start);
    // The buffer may be a slice of a whole fetch response; nothing may keep that alive.
    cursor.buffer = nothing;
    if (end === limitExceeded) return 'limit_exceeded';
    if (end !== buffer.length) return 'undecodable';
    return hasOddNumber(cursor) ? 'invalid_field' : null;
  };
}
