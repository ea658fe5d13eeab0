/**
 * What a start waits for and what it refuses: topics that exist with equal partition counts, and whatever else may
 * come a little later than the service. Each new reason is one log line; the last one is in the error.
 */
import { DataRefusedError, UnavailableError, inputNames, type Clock, type Logger, type OutputName } from './ports.ts';
import { SchemaMissingError } from './schema-source.ts';
import type { TopicKey, TopicNames } from './topics.ts';

export interface StartWait {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Longest wait, ms; 0 = one attempt. */
  readonly deadlineMs: number;
  /** Ends the wait early. */
  readonly signal: AbortSignal;
}

/** Pause between two attempts: a person who creates the missing thing should not wonder, a broker not be hammered. */
const retryMs = 1_000;

/**
 * Repeats `attempt` while what it needs is missing or away. Rejects: UnavailableError naming the last reason once the
 * deadline has passed; the signal's reason; every other error of `attempt` at once.
 */
export async function waitForStart<T>(attempt: () => Promise<T>, wait: StartWait): Promise<T> {
  const untilMs = wait.clock.now() + wait.deadlineMs;
  let logged = '';
  for (;;) {
    wait.signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof UnavailableError || error instanceof SchemaMissingError)) throw error;
      if (wait.clock.now() >= untilMs) {
        throw new UnavailableError(`gave up waiting after ${wait.deadlineMs} ms: ${error.message}`, { cause: error });
      }
      if (error.message !== logged) wait.logger.warn('start.waiting', { reason: error.message });
      logged = error.message;
    }
    await wait.clock.sleep(Math.min(retryMs, Math.max(1, untilMs - wait.clock.now())), wait.signal);
  }
}

/** Topics the service reads or writes. */
export const serviceTopics = [
  ...inputNames,
  'changelog',
  'tierChanged',
  'lifecycleChanged',
  'churnAlert',
  'profile',
  'deadLetters',
] as const satisfies readonly TopicKey[];

/** Partition counts as a start found them. */
export interface FoundPartitions {
  /** Of every input and of the changelog. */
  readonly tasks: number;
  readonly outputs: Readonly<Record<OutputName, number>>;
}

/**
 * Judges the counts of `serviceTopics`, by topic name. Throws: UnavailableError naming the missing topics;
 * DataRefusedError naming two inputs (or the changelog) whose counts differ.
 */
export function judgePartitions(counts: ReadonlyMap<string, number | null>, topics: TopicNames): FoundPartitions {
  const missing = serviceTopics.map((key) => topics[key]).filter((topic) => (counts.get(topic) ?? null) === null);
  if (missing.length > 0) {
    const what = missing.length === 1 ? 'topic' : 'topics';
    throw new UnavailableError(`missing ${what} ${missing.join(', ')}: run \`clientele topics apply\``);
  }
  const countOf = (key: TopicKey): number => counts.get(topics[key]) ?? 0;
  const tasks = countOf('purchases');
  for (const key of [...inputNames, 'changelog'] as const) {
    if (countOf(key) !== tasks) {
      throw new DataRefusedError(
        `${topics.purchases} has ${tasks} partitions and ${topics[key]} has ${countOf(key)}: they must be equal`,
      );
    }
  }
  const outputs = {
    changelog: tasks,
    tierChanged: countOf('tierChanged'),
    lifecycleChanged: countOf('lifecycleChanged'),
    churnAlert: countOf('churnAlert'),
    profile: countOf('profile'),
    deadLetters: countOf('deadLetters'),
  };
  return { tasks, outputs };
}
