/** What a task remembers beside customers and positions: where each part stands in the changelog, and how it is read back. */
import type { TaskMemory } from './ports.ts';

/** Key of each part in the changelog. */
export const memoryKeys = {
  model: 'm:model',
  rescore: 'm:rescore',
  budget: 'm:budget',
  scoreboard: 'm:scoreboard',
} as const satisfies Record<keyof TaskMemory, string>;

/** The parts, in the order they are written. */
export const memoryParts = [
  'model',
  'rescore',
  'budget',
  'scoreboard',
] as const satisfies readonly (keyof TaskMemory)[];

/** The memory of a task that has never run. */
export const noMemory: TaskMemory = { model: null, rescore: null, budget: null, scoreboard: null };
