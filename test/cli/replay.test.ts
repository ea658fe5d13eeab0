/** `clientele replay` on the CDNOW sample and on small files: lines, Profiles, options, exit codes. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { contractType } from '../../src/adapters/avro/types.ts';
import { exitCodes } from '../../src/cli/frame.ts';
import { topicDefaults } from '../../src/pipeline/topics.ts';
import { clientele } from '../support/command.ts';

const directory = mkdtempSync(join(tmpdir(), 'clientele-replay-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});
const example = join(import.meta.dirname, '../../examples/cdnow');
const sample = join(example, 'purchases-sample.csv.gz');
const model = join(example, 'model.yaml');

const replayed = (...argv: readonly string[]) => clientele(['replay', ...argv], directory);

const lineShape = z.strictObject({
  topic: z.string(),
  key: z.string(),
  value: z.looseObject({
    customerId: z.string(),
    sequence: z.number(),
    effectiveAt: z.number(),
    recordedAt: z.number(),
  }),
});
const linesOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => lineShape.parse(JSON.parse(line)));
const file = (name: string): string => readFileSync(join(directory, name), 'utf8');

const cdnow = ['cdnow', sample, '--model', model] as const;
const contracts = new Map<string, ReturnType<typeof contractType>>(
  (['tierChanged', 'lifecycleChanged', 'churnAlert'] as const).map((name) => [topicDefaults[name], contractType(name)]),
);

describe('replay', () => {
  let whole: Awaited<ReturnType<typeof replayed>>;
  beforeAll(async () => {
    whole = await replayed(...cdnow, '--as-of', '1997-09-30', '--profiles', 'profiles.jsonl');
  });

  it('writes each transition as a whole value of its contract, in commit order, keyed by customer', () => {
    expect(whole.code).toBe(exitCodes.done);
    const lines = linesOf(whole.stdout);
    for (const { topic, key, value } of lines) {
      expect(key).toBe(value.customerId);
      if (contracts.get(topic)?.isValid(value) !== true)
        expect.fail(`not a value of ${topic}: ${JSON.stringify(value)}`);
    }
    const instants = lines.map(({ value }) => value.recordedAt);
    expect(instants).toEqual([...instants].sort((left, right) => left - right));
    expect(new Set(lines.map(({ key }) => key)).size).toBe(2_357);
  });

  it('has gap-free sequences per customer and topic', () => {
    const last = new Map<string, number>();
    for (const { topic, key, value } of linesOf(whole.stdout)) {
      const name = `${topic} ${key}`;
      expect(value.sequence).toBe((last.get(name) ?? 0) + 1);
      last.set(name, value.sequence);
    }
  });

  it('ends with a table on stderr', () => {
    expect(whole.stderr).toContain('6919 rows, 2357 customers, 1997-01-01T12:00Z to ');
    expect(whole.stderr).toMatch(/customer-value\.tier-changed\.v1 +entered 2357, /);
    expect(whole.stderr).toMatch(/purchases +applied 6919\n/);
  });

  it('writes the Profile of every customer at --as-of, and goes on', () => {
    const profiles = file('profiles.jsonl')
      .trimEnd()
      .split('\n')
      .map((line) => z.looseObject({ customerId: z.string(), asOf: z.number() }).parse(JSON.parse(line)));
    expect(profiles).toHaveLength(2_357);
    expect(new Set(profiles.map(({ asOf }) => asOf))).toEqual(new Set([Date.parse('1997-09-30T12:00:00Z')]));
    for (const profile of profiles) expect(contractType('profile').isValid(profile)).toBe(true);
    expect(linesOf(whole.stdout).at(-1)?.value.recordedAt).toBeGreaterThan(Date.parse('1998-06-01'));
  });

  it('gives one customer the very lines they have among all', async () => {
    const one = await replayed(...cdnow, '--customer', '20873');
    const all = whole.stdout.split('\n').filter((line) => line.includes('"key":"20873"'));
    expect(one.stdout.trimEnd().split('\n')).toEqual(all);
    expect(all.length).toBeGreaterThan(2);
  });

  it('takes no event after --until', async () => {
    const { stdout } = await replayed(...cdnow, '--until', '1997-02-01T00:00:00Z');
    const lines = linesOf(stdout);
    const until = Date.parse('1997-02-01T00:00:00Z');
    const before = linesOf(whole.stdout).filter(({ value }) => value.recordedAt <= until);
    expect(lines).toEqual(before);
  });

  it('writes files: CSV with a header, and the table as one JSON object', async () => {
    const { code, stdout } = await replayed(...cdnow, '--out', 'lines.csv', '--format', 'csv', '--json');
    expect(code).toBe(exitCodes.done);
    const rows = file('lines.csv').trimEnd().split('\n');
    expect(rows).toHaveLength(linesOf(whole.stdout).length + 1);
    expect(rows[0]).toMatch(/^topic,customerId,sequence,effectiveAt,kind,from,to,/);
    expect(rows[2]).toMatch(
      /^customer-value\.tier-changed\.v1,00004,1,1997-01-01T12:00:00\.000Z,entered,,low,0,2306,activity,purchases-sample:1,/,
    );
    expect(JSON.parse(stdout)).toMatchObject({
      rows: 6_919,
      customers: 2_357,
      outcomes: { purchases: { applied: 6_919 } },
      rejected: {},
    });
  });

  it('puts purchases, interactions and surveys of several files together', async () => {
    writeFileSync(
      join(directory, 'orders.csv'),
      'who,on,paid\na,2024-01-05,80.00\na,2024-01-01,20.00\nb,2024-01-02,x\n',
    );
    writeFileSync(join(directory, 'visits.csv'), 'who;on;what\nc;2024-01-03;visit\n');
    writeFileSync(join(directory, 'answers.csv'), 'who,on,what,score\na,2024-01-04,nps,9\na,2024-01-04,nps,11\n');
    const both = await replayed(
      ...['generic', 'orders.csv', '--map', 'customerId=who,occurredAt=on,amount=paid'],
      ...['--and', 'generic', 'visits.csv', '--event', 'interaction', '--delimiter', ';'],
      ...['--map', 'customerId=who,occurredAt=on,kind=what'],
      ...[
        '--and',
        'generic',
        'answers.csv',
        '--event',
        'survey',
        '--map',
        'customerId=who,occurredAt=on,kind=what,score=score',
      ],
      ...['--model', model, '--json', '--out', 'both.jsonl'],
    );
    expect(both.code).toBe(exitCodes.done);
    expect(JSON.parse(both.stdout)).toMatchObject({
      rows: 6,
      refusedRows: { 'amount is not a decimal number': 1 },
      customers: 2,
      outcomes: { purchases: { applied: 2 }, interactions: { applied: 1 }, surveys: { applied: 1, rejected: 1 } },
      rejected: { scale_out_of_range: 1 },
    });
  });

  it.each([
    [[], 'a preset and one or more files are needed'],
    [[...cdnow, '--and', 'cdnow'], 'a preset and one or more files are needed'],
    [['cdnwo', sample], 'Did you mean cdnow?'],
    [[...cdnow, '--format', 'xml'], '--format xml is not jsonl or csv'],
    [[...cdnow, '--as-of', '1997-09-30'], '--as-of and --profiles go together'],
    [[...cdnow, '--profiles', 'p'], '--as-of and --profiles go together'],
    [['--topics', ...cdnow], '--topics goes with no file'],
    [['--topics', '--currency', 'EUR'], '--topics goes with no file'],
    [['--topics', '--until', '1998-01-01', '--time-of-day', 'noon', '--model', model], 'noon'],
    [[...cdnow, '--until', 'tomorrow'], '--until tomorrow is not a date'],
  ])('exits 2 for %j', async (argv, message) => {
    const { code, stdout, stderr } = await replayed(...argv);
    expect([code, stdout]).toEqual([exitCodes.usage, '']);
    expect(stderr).toContain(message);
  });

  it('exits 1 for a customer who is not in the files, for files without an event and for a place it may not write', async () => {
    const nobody = await replayed(...cdnow, '--customer', 'nobody');
    expect([nobody.code, nobody.stdout]).toEqual([exitCodes.failed, '']);
    expect(nobody.stderr).toContain('no event of customer nobody');
    writeFileSync(join(directory, 'empty.csv'), 'customer_id,date,cds,amount_usd\nx,never,1,1\n');
    const empty = await replayed('cdnow', 'empty.csv', '--model', model);
    expect(empty.code).toBe(exitCodes.failed);
    expect(empty.stderr).toContain('no event in 1 rows; row 1: occurredAt is not');
    expect((await replayed(...cdnow, '--out', 'absent/lines')).code).toBe(exitCodes.failed);
  });
});
