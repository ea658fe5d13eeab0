/** Waiting at a start, with a clock that jumps; and the judgement of partition counts. */
import { describe, expect, it } from 'vitest';
import { DataRefusedError, UnavailableError } from '../../src/pipeline/ports.ts';
import { SchemaMissingError } from '../../src/pipeline/schema-source.ts';
import { judgePartitions, serviceTopics, waitForStart } from '../../src/pipeline/start.ts';
import { topicNames } from '../../src/pipeline/topics.ts';

function waiting(deadlineMs: number) {
  let nowMs = 0;
  const logged: unknown[] = [];
  const abort = new AbortController();
  const clock = {
    isReal: false,
    now: () => nowMs,
    sleep: (ms: number) => {
      nowMs += ms;
      return Promise.resolve();
    },
    yieldNow: () => Promise.resolve(),
  };
  const logger = {
    info: () => undefined,
    warn: (_event: string, fields?: Readonly<Record<string, unknown>>) => logged.push(fields?.['reason']),
    error: () => undefined,
  };
  return { wait: { clock, logger, deadlineMs, signal: abort.signal }, logged, abort, now: () => nowMs };
}

/** Fails with each error in turn, then answers. */
function answering(...errors: readonly Error[]): () => Promise<string> {
  let calls = 0;
  return () => {
    const error = errors[calls];
    calls += 1;
    return error === undefined ? Promise.resolve('there') : Promise.reject(error);
  };
}

describe('waitForStart', () => {
  it('goes on once what was missing is there, with one line per new reason', async () => {
    const { wait, logged } = waiting(60_000);
    const away = new UnavailableError('no broker');
    const attempt = answering(away, away, new SchemaMissingError('s-value'));
    await expect(waitForStart(attempt, wait)).resolves.toBe('there');
    expect(logged).toEqual(['no broker', expect.stringContaining('s-value')]);
  });

  it('gives up at the deadline and names the last reason', async () => {
    const { wait, now } = waiting(5_000);
    const failing = waitForStart(() => Promise.reject(new UnavailableError('missing topic a')), wait);
    await expect(failing).rejects.toThrow(/gave up waiting after 5000 ms: missing topic a/);
    await expect(failing).rejects.toBeInstanceOf(UnavailableError);
    expect(now()).toBe(5_000);
  });

  it('tries once without a wait', async () => {
    const { wait, now } = waiting(0);
    await expect(waitForStart(() => Promise.reject(new UnavailableError('x')), wait)).rejects.toThrow(/after 0 ms: x/);
    expect(now()).toBe(0);
  });

  it('does not wait for what waiting cannot help', async () => {
    const { wait, logged } = waiting(60_000);
    await expect(waitForStart(answering(new DataRefusedError('unequal')), wait)).rejects.toThrow('unequal');
    expect(logged).toEqual([]);
  });

  it('ends when it is told to', async () => {
    const { wait, abort } = waiting(60_000);
    const attempt = (): Promise<string> => {
      abort.abort(new Error('told to stop'));
      return Promise.reject(new UnavailableError('x'));
    };
    await expect(waitForStart(attempt, wait)).rejects.toThrow('told to stop');
  });
});

describe('judgePartitions', () => {
  const topics = topicNames('p-');
  const counts = (change: Readonly<Record<string, number | null>> = {}): ReadonlyMap<string, number | null> =>
    new Map(serviceTopics.map((key) => [topics[key], key in change ? (change[key] ?? null) : 4]));

  it('returns the count of the tasks and of each output', () => {
    expect(judgePartitions(counts({ profile: 2 }), topics)).toEqual({
      tasks: 4,
      outputs: { changelog: 4, tierChanged: 4, lifecycleChanged: 4, churnAlert: 4, profile: 2, deadLetters: 4 },
    });
  });

  it('names every missing topic and the command that creates them', () => {
    const judge = (): unknown => judgePartitions(counts({ surveys: null, changelog: null }), topics);
    expect(judge).toThrow(UnavailableError);
    expect(judge).toThrow(
      /missing topics p-customer\.surveys\.v1, p-clientele\.state\.v1: run `clientele topics apply`/,
    );
  });

  it.each(['interactions', 'surveys', 'changelog'])(
    'refuses %s with another partition count than the purchases',
    (key) => {
      const judge = (): unknown => judgePartitions(counts({ [key]: 8 }), topics);
      expect(judge).toThrow(DataRefusedError);
      expect(judge).toThrow(/has 4 partitions and .* has 8/);
    },
  );
});
