/**
 * What stands beside an environment and says whether it may be opened at all. LMDB maps its file into memory: bits flipped on
 * the disk or a file cut short give wrong values, or end the process with SIGSEGV or SIGBUS, which nobody can catch. So
 * `opening` is written before an environment is opened and removed once it was found sound: a process that finds it knows
 * that the one before died of what it is about to open. `mark.json` says how the environment was left.
 */
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** The file LMDB keeps its data in. */
const dataFile = 'data.mdb';
const openingFile = 'opening';
const markFile = 'mark.json';

const markShape = z.object({
  /** Size of the data file when it was closed; null = it was not. */
  closedBytes: z.number().nullable(),
  /** The start of the machine during which it was last open; null = not known. */
  bootId: z.string().nullable(),
});
type Mark = z.output<typeof markShape>;

/** How an environment was left: `clean` and `torn` may be opened, `torn` only to be looked through. */
export type Left =
  { readonly kind: 'none' | 'clean' | 'torn' } | { readonly kind: 'doubtful'; readonly reason: string };

/** What may be done with the environment in `directory`. */
export function howLeft(directory: string): Left {
  const data = join(directory, dataFile);
  if (existsSync(join(directory, openingFile))) return doubtful('the last process that opened it died of it');
  if (!existsSync(data)) return { kind: 'none' };
  const mark = readMark(directory);
  if (mark === null) return doubtful(`${markFile} beside it cannot be read`);
  const bytes = statSync(data).size;
  if (mark.closedBytes !== null) {
    if (mark.closedBytes === bytes) return { kind: 'clean' };
    return doubtful(`its file has ${bytes} bytes and had ${mark.closedBytes} when it was closed`);
  }
  // What a process wrote is in the file although it was killed; what a machine had not yet flushed when it fell is not.
  if (mark.bootId === null || mark.bootId !== bootId())
    return doubtful('it was not closed before the machine went down');
  return { kind: 'torn' };
}

/** To be called before it is opened. */
export function markOpening(directory: string): void {
  writeFileSync(join(directory, openingFile), '');
  writeMark(directory, { closedBytes: null, bootId: bootId() });
}

/** It was found sound. */
export function markOpened(directory: string): void {
  rmSync(join(directory, openingFile), { force: true });
}

/** It is closed, and on the disk. */
export function markClosed(directory: string): void {
  writeMark(directory, { closedBytes: statSync(join(directory, dataFile)).size, bootId: bootId() });
}

/** Path of the file that must be flushed before `markClosed`. */
export function dataPath(directory: string): string {
  return join(directory, dataFile);
}

function doubtful(reason: string): Left {
  return { kind: 'doubtful', reason };
}

function readMark(directory: string): Mark | null {
  try {
    return markShape.parse(JSON.parse(readFileSync(join(directory, markFile), 'utf8')));
  } catch {
    return null;
  }
}

function writeMark(directory: string, mark: Mark): void {
  writeFileSync(join(directory, markFile), JSON.stringify(mark));
}

function bootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    // Not Linux: what was not closed is made anew.
    return null;
  }
}
