/** Progress on a terminal and in a log, with a clock that only moves when told to. */
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { duration, startProgress } from '../../src/cli/progress.ts';

function setUp(isTTY: boolean, total: number | null = 1_000) {
  const written: string[] = [];
  let nowMs = 0;
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written.push(chunk.toString());
      done();
    },
  });
  const progress = startProgress({ stream, isTTY, label: 'importing', unit: 'events', total, now: () => nowMs });
  return { progress, written, at: (ms: number) => (nowMs = ms) };
}

describe('startProgress', () => {
  it('redraws one line on a terminal with percent, rate and time left', () => {
    const { progress, written, at } = setUp(true);
    at(1_000);
    progress.update(250);
    expect(written).toEqual(['\r\u001b[Kimporting 25 % (250 of 1000 events), 250 events/s, 3.0 s left']);
  });

  it('is throttled on a terminal', () => {
    const { progress, written, at } = setUp(true);
    for (let ms = 0; ms < 1_000; ms += 1) {
      at(ms);
      progress.update(ms);
    }
    expect(written.length).toBe(10);
  });

  it('writes whole lines elsewhere, the first after two seconds', () => {
    const { progress, written, at } = setUp(false);
    at(1_999);
    progress.update(100);
    expect(written).toEqual([]);
    at(2_000);
    progress.update(200);
    progress.update(201);
    expect(written).toEqual(['importing 20 % (200 of 1000 events), 100 events/s, 8.0 s left\n']);
  });

  it('promises no end when the total is not known', () => {
    const { progress, written, at } = setUp(false, null);
    at(2_000);
    progress.update(200);
    expect(written).toEqual(['importing 200 events, 100 events/s\n']);
  });

  it('ends with count, duration and rate', () => {
    const { progress, written, at } = setUp(false);
    at(500);
    progress.finish(1_000);
    expect(written).toEqual(['importing 1000 events in 0.5 s (2000 events/s)\n']);
  });
});

describe('duration', () => {
  it.each([
    [0, '0.0 s'],
    [9_949, '9.9 s'],
    [9_950, '10 s'],
    [59_499, '59 s'],
    [185_000, '3 min 5 s'],
    [7_440_000, '2 h 4 min'],
  ])('of %i ms reads %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });
});
