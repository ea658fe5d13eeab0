/**
 * Moving the positions of an input, on a person's word, while no process runs. Positions live in the changelog, so a move is
 * one more `m:offsets` record by a new incarnation; states stay, and what they remember of events stays with them.
 */
import type { TaskOffsets } from '../domain/contracts.ts';
import type { InputName } from './ports.ts';

/** Where positions go: an end of the log, or the first record written at an instant or later. */
export type ResetTarget =
  { readonly kind: 'earliest' } | { readonly kind: 'latest' } | { readonly kind: 'instant'; readonly atMs: number };

/** Log of one partition: its ends, and the offset asked for by instant (`high` = nothing as new as that). */
export interface LogPlaces {
  readonly low: number;
  readonly high: number;
  readonly atInstant: number | null;
}

/** What a reset does to one task. */
export interface Move {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

/**
 * The moves of every task that has ever committed; one that has not starts at the beginning anyway. A move to where the task
 * is is none.
 */
export function movesOf(
  input: InputName,
  found: ReadonlyMap<number, TaskOffsets>,
  places: ReadonlyMap<number, LogPlaces>,
  target: ResetTarget,
): readonly Move[] {
  return [...found]
    .sort(([left], [right]) => left - right)
    .flatMap(([partition, { positions }]) => {
      const place = places.get(partition);
      const from = positions[input];
      if (place === undefined || from === undefined) return [];
      const to = targetOf(place, target);
      return to === from ? [] : [{ partition, from, to }];
    });
}

function targetOf({ low, high, atInstant }: LogPlaces, { kind }: ResetTarget): number {
  if (kind === 'earliest') return low;
  return kind === 'latest' ? high : (atInstant ?? high);
}

/** `m:offsets` after a move; `incarnation` is that of the reset, so that no commit of another can be taken for it. */
export function movedOffsets(
  found: TaskOffsets,
  input: InputName,
  to: number,
  by: { readonly incarnation: string; readonly owner: string },
): TaskOffsets {
  const positions = { ...found.positions, [input]: to };
  return { ...found, ...by, positions, commitNumber: found.commitNumber + 1 };
}
