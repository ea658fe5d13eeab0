/**
 * Which model a task goes on with: its own, the one it is given, or a newer one that another process brought. The whole
 * model last scored with stands in `m:model`, so a task never scores with less than it has already told the world by.
 */
import type { TaskModel } from '../domain/contracts.ts';
import { modelContent, modelHash, type Model } from '../domain/model.ts';
import { DataRefusedError, type TaskMemory } from './ports.ts';

export interface SettledModel {
  readonly model: Model;
  /** What the first commit has to write. */
  readonly memory: Partial<TaskMemory>;
  readonly what: 'first' | 'same' | 'switched' | 'older';
}

/**
 * Compares `own` with what the changelog holds. A higher revision takes effect at `atMs`, the task time found, and
 * re-scores; a lower one gives way to the stored model. Throws: DataRefusedError for the same revision with other content.
 */
export function settleModel(
  { model: stored, rescore }: TaskMemory,
  own: Model,
  parse: (content: string) => Model,
  atMs: number,
): SettledModel {
  const hash = modelHash(own);
  if (stored?.revision === own.revision) {
    if (stored.hash === hash) return { model: own, memory: {}, what: 'same' };
    throw new DataRefusedError(
      `the model file has revision ${own.revision} but not the content that revision was scored with ` +
        `(${hash}, not ${stored.hash}): give changed content a new revision`,
    );
  }
  if (stored !== null && stored.revision > own.revision) {
    return { model: parse(stored.content), memory: {}, what: 'older' };
  }
  const model: TaskModel = { revision: own.revision, hash, content: modelContent(own), activatedAt: atMs };
  if (stored === null) return { model: own, memory: { model }, what: 'first' };
  // Customers not reached by an earlier switch still carry their revision: begin at the first one in any case.
  const startedAt = rescore?.isDone === false ? rescore.startedAt : atMs;
  const cursor = { revision: own.revision, afterCustomerId: null, startedAt, isDone: false };
  return { model: own, memory: { model, rescore: cursor }, what: 'switched' };
}
