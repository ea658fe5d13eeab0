/**
 * Reads an untrusted plain value (parsed YAML or JSON) part by part and collects every fault with its path, instead of
 * stopping at the first. A reader that meets a fault returns a stand-in: whoever reads must throw the result away when
 * there is a fault.
 */
import { nearest } from './nearest.ts';

/** One thing wrong, where, and what to do about it. */
export interface Fault {
  /** For example `tiers.levels[0].enter`; empty for the whole. */
  readonly path: string;
  readonly message: string;
}

/** A number's limits; `min` and `max` are included. */
export interface Limits {
  readonly min?: number;
  readonly max?: number;
  /** Strictly more than. */
  readonly above?: number;
  /** Strictly less than. */
  readonly below?: number;
  readonly isInteger?: boolean;
}

/** What reading has found so far: what forbids the whole, and what only deserves a look. */
export interface Findings {
  readonly faults: Fault[];
  readonly warnings: Fault[];
}

/** One value at one path. */
export class Part {
  readonly value: unknown;
  readonly path: string;
  private readonly findings: Findings;

  constructor(value: unknown, path: string, findings: Findings) {
    this.value = value;
    this.path = path;
    this.findings = findings;
  }

  /** Records a fault at this path. */
  fault(message: string): void {
    this.findings.faults.push({ path: this.path, message });
  }

  /** Records a warning at this path: the whole stands. */
  warn(message: string): void {
    this.findings.warnings.push({ path: this.path, message });
  }

  /** Number of faults recorded so far, anywhere: cross-checks run only where their parts had none. */
  get faultCount(): number {
    return this.findings.faults.length;
  }

  /** Reads the value unless it is null, which stays null. */
  nullable<T>(read: (part: Part) => T): T | null {
    return this.value === null ? null : read(this);
  }

  /** Reads one of a few names; the first stands in for a fault. */
  oneOf<const T extends string>(what: string, names: readonly [T, ...T[]]): T {
    const text = this.text();
    const name = names.find((known) => known === text);
    if (name === undefined && text !== '') this.fault(`${text} ${unknownName(what, text, names)}`);
    return name ?? names[0];
  }

  /** Reads true or false. */
  flag(): boolean {
    if (typeof this.value === 'boolean') return this.value;
    this.expected('true or false');
    return false;
  }

  get isMissing(): boolean {
    return this.value === undefined;
  }

  /** The keys of an object, in order; none for anything else. */
  keys(): readonly string[] {
    return isPlainObject(this.value) ? Object.keys(this.value) : [];
  }

  /** The value under a key; missing when there is none. */
  at(key: string): Part {
    const value = isPlainObject(this.value) && Object.hasOwn(this.value, key) ? this.value[key] : undefined;
    return new Part(value, this.path === '' ? key : `${this.path}.${key}`, this.findings);
  }

  /** Refuses anything but an object, missing required keys, and keys that are not known. */
  object(required: readonly string[], optional: readonly string[] = []): this {
    if (!isPlainObject(this.value)) {
      this.expected('an object');
      return this;
    }
    const known = [...required, ...optional];
    for (const key of this.keys()) if (!known.includes(key)) this.at(key).fault(unknownName('key', key, known));
    for (const key of required) if (this.at(key).isMissing) this.at(key).fault('is missing');
    return this;
  }

  /** Refuses anything but an object with free keys; returns the keys. */
  map(): readonly string[] {
    if (!isPlainObject(this.value)) this.expected('an object');
    return this.keys();
  }

  /** Refuses anything but a list of `min` to `max` entries. */
  list(min: number, max: number): readonly Part[] {
    if (!Array.isArray(this.value)) {
      this.expected('a list');
      return [];
    }
    if (this.value.length < min || this.value.length > max) {
      const wanted = min === max ? `${min}` : `${min} to ${max}`;
      this.fault(`has ${this.value.length} entries; give ${wanted}`);
      return [];
    }
    return this.value.map((value: unknown, index) => new Part(value, `${this.path}[${index}]`, this.findings));
  }

  number({ min = -Infinity, max = Infinity, above = -Infinity, below = Infinity, isInteger }: Limits = {}): number {
    const { value } = this;
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      this.expected('a number');
      return 0;
    }
    if (isInteger === true && !Number.isSafeInteger(value)) this.fault(`is ${value}; give a whole number`);
    else if (value < min) this.fault(`is ${value}; the least is ${min}`);
    else if (value > max) this.fault(`is ${value}; the most is ${max}`);
    else if (value <= above) this.fault(`is ${value}; give more than ${above}`);
    else if (value >= below) this.fault(`is ${value}; give less than ${below}`);
    return value;
  }

  /** A text of 1 to 64 characters. */
  text(): string {
    const { value } = this;
    if (typeof value !== 'string') {
      this.expected('a text');
      return '';
    }
    if (value === '' || value.length > 64) this.fault(`has ${value.length} characters; give 1 to 64`);
    return value;
  }

  /** Numbers in strictly increasing order. */
  increasing(nodes: readonly Part[], limits: Limits = {}): readonly number[] {
    const values = nodes.map((node) => node.number(limits));
    nodes.forEach((node, index) => {
      const before = values[index - 1];
      const value = values[index] ?? 0;
      if (before !== undefined && value <= before && typeof node.value === 'number') {
        node.fault(`is ${value}; must be more than the one before it, ${before}`);
      }
    });
    return values;
  }

  private expected(what: string): void {
    if (!this.isMissing) this.fault(`is ${nameOf(this.value)}; give ${what}`);
  }
}

/** `is not a known <what>`, with the nearest known name or, when there are few, all of them. */
export function unknownName(what: string, name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  if (near !== undefined) return `is not a known ${what}; did you mean ${near}?`;
  return known.length > 0 && known.length <= 12
    ? `is not a known ${what}; known: ${known.join(', ')}`
    : `is not a known ${what}`;
}

/** True for an object that is no list. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function nameOf(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : JSON.stringify(value);
}
