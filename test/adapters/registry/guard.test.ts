// The guard asks a bounded number of times, for a bounded time, and not at all while the breaker is open.
import { describe, expect, it } from 'vitest';
import { GuardedSource, guardLimits } from '../../../src/adapters/registry/guard.ts';
import { systemClock } from '../../../src/adapters/clock.ts';
import { UnavailableError } from '../../../src/pipeline/ports.ts';
import { SchemaMissingError, type SchemaSource } from '../../../src/pipeline/schema-source.ts';
import { steppingClock } from '../../support/stepping-clock.ts';

/** A source whose answers are given one by one; an Error is a rejection. */
function scripted(answers: (string | Error)[]): SchemaSource & { asked: number } {
  const source = {
    asked: 0,
    fetch: (): Promise<string> => {
      const answer = answers[Math.min(source.asked++, answers.length - 1)] ?? '';
      return typeof answer === 'string' ? Promise.resolve(answer) : Promise.reject(answer);
    },
    idOf: (): Promise<number> => Promise.reject(new SchemaMissingError('s')),
  };
  return source;
}

const down = new Error('down');

describe('GuardedSource', () => {
  it('repeats a failed request after growing pauses', async () => {
    const source = scripted([down, down, 'schema']);
    const clock = steppingClock();
    await expect(new GuardedSource(source, clock).fetch(1)).resolves.toBe('schema');
    expect(clock.sleeps).toEqual([100, 200]);
  });

  it('gives up after three requests with the cause in the message', async () => {
    const source = scripted([down]);
    await expect(new GuardedSource(source, steppingClock()).fetch(1)).rejects.toThrow(
      new UnavailableError('schema registry cannot be asked: down'),
    );
    expect(source.asked).toBe(guardLimits.attempts);
  });

  it('asks nothing while the breaker is open, then lets one request through to try', async () => {
    const source = scripted([...Array<Error>(7).fill(down), 'schema']);
    const clock = steppingClock();
    const guarded = new GuardedSource(source, clock);
    await expect(guarded.fetch(1)).rejects.toThrow('down');
    await expect(guarded.fetch(1)).rejects.toThrow('down');
    expect(source.asked).toBe(6);
    await expect(guarded.fetch(1)).rejects.toThrow('failed 6 times in a row');
    expect(source.asked).toBe(6);
    clock.advance(guardLimits.openMs);
    await expect(guarded.fetch(1)).rejects.toThrow('failed 7 times in a row');
    expect(source.asked).toBe(7);
    clock.advance(guardLimits.openMs);
    await expect(guarded.fetch(1)).resolves.toBe('schema');
  });

  it('does not repeat a definite answer', async () => {
    const clock = steppingClock();
    await expect(new GuardedSource(scripted(['']), clock).idOf('s', '{}')).rejects.toThrow(SchemaMissingError);
    expect(clock.sleeps).toEqual([]);
  });

  it('gives up a request that is never answered', async () => {
    const never: SchemaSource = { fetch: () => new Promise(() => undefined), idOf: () => new Promise(() => undefined) };
    const waits: number[] = [];
    const clock = { ...systemClock(), sleep: (ms: number): Promise<void> => (waits.push(ms), Promise.resolve()) };
    await expect(new GuardedSource(never, clock).fetch(1)).rejects.toThrow('no answer within 2500 ms');
    expect(waits).toEqual([2_500, 100, 2_500, 200, 2_500]);
  });
});
