/** `clientele explain` on the CDNOW sample: the page for people and the object for machines say the same. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { exitCodes } from '../../src/cli/frame.ts';
import { clientele } from '../support/command.ts';

const directory = mkdtempSync(join(tmpdir(), 'clientele-explain-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});
const example = join(import.meta.dirname, '../../examples/cdnow');
const sample = join(example, 'purchases-sample.csv.gz');
const model = join(example, 'model.yaml');

const explained = (...argv: readonly string[]) => clientele(['explain', ...argv], directory);

const cdnow = ['--from', 'cdnow', sample, '--model', model] as const;
const shape = z.object({
  asOf: z.number(),
  tier: z.object({ id: z.string() }).nullable(),
  total: z.number(),
  factors: z.array(z.object({ name: z.string(), points: z.number() })),
  metrics: z.array(z.object({ name: z.string(), value: z.number().nullable() })),
  transitions: z.array(z.object({ effectiveAt: z.number(), scoreAfter: z.number() })),
  profile: z.object({ customerId: z.string() }),
});

describe('explain', () => {
  it('prints tier, history, factors, lines and metrics of a customer at the end of the files', async () => {
    const { code, stdout } = await explained('20873', ...cdnow);
    expect(code).toBe(exitCodes.done);
    expect(stdout).toContain('customer 20873 as of 1998-06-30T12:00Z (model revision 1, money in USD)\n');
    expect(stdout).toContain('tier High since 1997-07-28T12:00Z, 93.27 of 100 points now\n');
    expect(stdout).toMatch(/1997-06-08T01:17Z {2}down +Mid → Low +30\.50 → 29\.99 +most by pBuy -0\.51\n/);
    expect(stdout).toMatch(/1997-07-28T12:00Z {2}up +Mid → High +42\.93 → 73\.41 +most by revenue365 \+13\.97\n/);
    expect(stdout).toMatch(/\n {2}revenue365 +1335\.84 USD +40\.00 +40\.00 +0\.00\n/);
    expect(stdout).toMatch(/\n {2}to remain High +33\.27 points to spare\n/);
    expect(stdout).toMatch(/\n {2}to remain High +revenue365 +at 17\.99 USD\n/);
    expect(stdout).toMatch(/\n {2}pBuy +0\.808\n/);
  });

  it('says the same as one JSON object, and judges at --as-of with what was known then', async () => {
    const { code, stdout } = await explained('20873', ...cdnow, '--as-of', '1997-06-30', '--json');
    expect(code).toBe(exitCodes.done);
    const result = shape.parse(JSON.parse(stdout));
    expect(result.asOf).toBe(Date.parse('1997-06-30T00:00:00Z'));
    expect(result.tier?.id).toBe('low');
    expect(result.factors.reduce((sum, { points }) => sum + points, 0)).toBe(result.total);
    expect(result.transitions).toHaveLength(3);
    expect(result.metrics.find(({ name }) => name === 'purchaseDays365')?.value).toBe(1);
    expect(result.profile.customerId).toBe('20873');
  });

  it('says what would change within a year if nothing happened, and when', async () => {
    const { stdout } = await explained('20873', ...cdnow, '--as-of', '1998-03-01');
    expect(stdout).toMatch(
      /\nIf nothing happens within a year\n {2}1998-03-16T02:48Z {2}churn +opened +none → alert\n/,
    );
    expect(stdout).toMatch(/\n {2}1998-04-12T06:52Z {2}lifecycle +changed +stable → lost\n/);
    expect(stdout).toMatch(/\n {2}1998-11-07T12:00Z {2}tier +will_fall +High → Mid\n/);
    const never = await explained('20873', ...cdnow, '--as-of', '2010-03-01');
    expect(never.stdout).toContain('\nIf nothing happens within a year\n  nothing changes\n');
  });

  it('counts events a running service would refuse, and says so when none is left', async () => {
    writeFileSync(join(directory, 'euro.csv'), 'id,on,paid\na,2024-01-01,5\n');
    const euro = [
      '--from',
      'generic',
      'euro.csv',
      '--map',
      'customerId=id,occurredAt=on,amount=paid',
      '--model',
      model,
    ];
    const { code, stderr } = await explained('a', ...euro, '--currency', 'EUR');
    expect(code).toBe(exitCodes.failed);
    expect(stderr).toContain('no event of customer a but refused ones (1 × no_rate) in 1 rows.');
  });

  it.each([
    [[], 'explain needs a customer id'],
    [['1'], 'explain needs --url URL, or --from <preset> and one or more files'],
    [['1', '--from', 'cdnwo', sample], 'Did you mean cdnow?'],
    [['1', ...cdnow, '--as-of', 'yesterday'], '--as-of yesterday is not a date'],
    [['1', '--from', 'cdnow', sample, '--model', 'absent.yaml'], 'absent.yaml: cannot be read'],
  ])('exits 2 for %j', async (argv, message) => {
    const { code, stdout, stderr } = await explained(...argv);
    expect([code, stdout]).toEqual([exitCodes.usage, '']);
    expect(stderr).toContain(message);
  });

  it('exits 1 for a customer who is not in the files', async () => {
    const { code, stderr } = await explained('nobody', ...cdnow);
    expect(code).toBe(exitCodes.failed);
    expect(stderr).toContain('no event of customer nobody in 6919 rows.');
  });
});
