/**
 * The progress of a long command on stderr: redrawn in place on a terminal, a plain line now and then elsewhere,
 * so that a log of it stays readable. It counts and estimates; it never decides whether something is done.
 */
import type { Writable } from 'node:stream';

export interface ProgressOptions {
  readonly stream: Writable;
  readonly isTTY: boolean;
  /** What is going on, such as `importing`. */
  readonly label: string;
  /** What is counted, such as `events`. */
  readonly unit: string;
  /** How many there will be; null = not known. */
  readonly total: number | null;
  /** Milliseconds of a clock that only moves on. */
  readonly now?: () => number;
}

export interface Progress {
  /** Says how many are done by now; call it as often as you like. */
  update(done: number): void;
  /** Ends the line with the final count, rate and duration. */
  finish(done: number): void;
}

/** Redraws on a terminal: often enough to look alive, rare enough to cost nothing, ms. */
const redrawMs = 100;
/** Lines elsewhere, ms; the first one comes when something takes long enough to wonder about. */
const lineMs = 2_000;

/** Starts a progress display; nothing is written before the first update that is due. */
export function startProgress(options: ProgressOptions): Progress {
  const { stream, isTTY, label, unit, total } = options;
  const now = options.now ?? ((): number => performance.now());
  const startedMs = now();
  let writtenMs = isTTY ? -Infinity : startedMs;
  const write = (text: string, end: string): void => void stream.write(isTTY ? `\r\u001b[K${text}${end}` : `${text}\n`);
  return {
    update(done) {
      const atMs = now();
      if (atMs - writtenMs < (isTTY ? redrawMs : lineMs)) return;
      writtenMs = atMs;
      write(`${label} ${describe(done, total, unit, atMs - startedMs)}`, '');
    },
    finish(done) {
      const elapsedMs = now() - startedMs;
      write(`${label} ${done} ${unit} in ${duration(elapsedMs)} (${rate(done, elapsedMs)} ${unit}/s)`, '\n');
    },
  };
}

function describe(done: number, total: number | null, unit: string, elapsedMs: number): string {
  const perSecond = `${rate(done, elapsedMs)} ${unit}/s`;
  if (total === null || total <= 0) return `${done} ${unit}, ${perSecond}`;
  const share = Math.min(1, done / total);
  const remainingMs = done > 0 ? (elapsedMs * (total - done)) / done : null;
  const eta = remainingMs === null ? '' : `, ${duration(Math.max(0, remainingMs))} left`;
  return `${Math.floor(share * 100)} % (${done} of ${total} ${unit}), ${perSecond}${eta}`;
}

function rate(done: number, elapsedMs: number): number {
  return elapsedMs <= 0 ? 0 : Math.round((done * 1_000) / elapsedMs);
}

/** Returns a duration for people: `0.4 s`, `12 s`, `3 min 5 s`, `2 h 4 min`. */
export function duration(ms: number): string {
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
}
