// Crash points of a transaction, reached by wrapping the port: the pipeline under test is the pipeline that ships.
import type { ProducerFactory, TaskProducer } from '../../src/pipeline/ports.ts';

export const crashPoints = ['fence', 'begin', 'beforeSend', 'afterSend', 'beforeCommit', 'afterCommit'] as const;
export type CrashPoint = (typeof crashPoints)[number];

export interface Fault {
  readonly point: CrashPoint;
  /** Counted per point over all producers of the factory, from 1. */
  readonly occurrence: number;
  /** Done at the point; throw to lose the reply. */
  readonly act: (partition: number) => void | Promise<void>;
}

/** Producers that act at named points, and which of the faults were reached. */
export function faultyProducers(
  inner: ProducerFactory,
  faults: readonly Fault[],
): ProducerFactory & { readonly reached: Fault[] } {
  const seen = new Map<CrashPoint, number>();
  const reached: Fault[] = [];
  const at = async (point: CrashPoint, partition: number): Promise<void> => {
    const count = (seen.get(point) ?? 0) + 1;
    seen.set(point, count);
    for (const fault of faults) {
      if (fault.point !== point || fault.occurrence !== count) continue;
      reached.push(fault);
      await fault.act(partition);
    }
  };
  return {
    reached,
    open: (partition) => wrap(inner.open(partition), (point) => at(point, partition)),
  };
}

function wrap(inner: TaskProducer, at: (point: CrashPoint) => Promise<void>): TaskProducer {
  return {
    fence: async () => {
      await at('fence');
      await inner.fence();
    },
    begin: async () => {
      await at('begin');
      await inner.begin();
    },
    send: async (batches) => {
      await at('beforeSend');
      const acks = await inner.send(batches);
      await at('afterSend');
      return acks;
    },
    commit: async () => {
      await at('beforeCommit');
      await inner.commit();
      await at('afterCommit');
    },
    close: () => inner.close(),
  };
}

/** The reply is lost: the caller cannot know what happened. */
export function loseReply(): never {
  throw new Error('reply lost');
}
