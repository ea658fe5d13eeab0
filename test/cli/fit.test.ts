/** `clientele fit` end to end on CDNOW: model file, JSON, text, page, and what it says when it cannot. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readModelFile } from '../../src/adapters/model-file.ts';
import { exitCodes } from '../../src/cli/frame.ts';
import { checkModel } from '../../src/domain/model-check.ts';
import { clientele } from '../support/command.ts';

const directory = mkdtempSync(join(tmpdir(), 'clientele-fit-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});
const cdnow = join(import.meta.dirname, '../../examples/cdnow/purchases-sample.csv.gz');
const holdout = ['--until', '1997-09-30', '--holdout-until', '1998-06-30', '--horizon-weeks', '13'];

const run = (argv: readonly string[]) => clientele(['fit', ...argv], directory);

const process = z.object({
  process: z.string(),
  r: z.number(),
  alpha: z.number(),
  a: z.number(),
  b: z.number(),
  logLikelihood: z.number(),
  degenerate: z.boolean(),
});
const shape = z.object({
  customers: z.number(),
  repeatCustomers: z.number(),
  horizonDays: z.number(),
  purchase: process,
  alternatives: z.object({ 'bg-nbd': process }),
  spend: z.object({ p: z.number(), q: z.number(), v: z.number(), logLikelihood: z.number() }),
  chosenBand: z.object({ volume: z.number() }).nullable(),
});

describe('clientele fit', () => {
  it('prints the documented JSON and nothing else', async () => {
    // Whether stderr has a progress line is the machine's affair.
    const { code, stdout } = await run(['cdnow', cdnow, '--until', '1997-09-30', '--json']);
    expect(code).toBe(exitCodes.done);
    const report = shape.parse(JSON.parse(stdout));
    expect([report.customers, report.repeatCustomers, report.horizonDays]).toEqual([2357, 946, 126]);
    expect(report.purchase.process).toBe('mbg-nbd');
    expect(report.purchase.logLikelihood).toBeCloseTo(-9582.1357, 3);
    expect(report.alternatives['bg-nbd'].r).toBeCloseTo(0.2426, 4);
    expect(report.spend.v).toBeCloseTo(15.44, 1);
  });

  it('writes a model the check accepts, and counts its revision up', async () => {
    const argv = ['cdnow', cdnow, ...holdout, '--max-alerts-per-1000', '65', '--out', 'model.yaml'];
    expect((await run(argv)).code).toBe(exitCodes.done);
    const first = readModelFile(join(directory, 'model.yaml'), checkModel);
    await run(argv);
    const second = readModelFile(join(directory, 'model.yaml'), checkModel);
    expect([first.ok && first.model.revision, second.ok && second.model.revision]).toEqual([1, 2]);
  });

  it('reports parameters, holdout, bands and what is missing as text', async () => {
    const { stdout } = await run(['cdnow', cdnow, ...holdout]);
    for (const part of [
      /mbg-nbd +r 0\.52484 ± 0\.083/,
      /mbg-nbd +1576\.7 +0\.7648 +0\.760 +0\.687 +0\.161/,
      /recency +0\.771/,
      /0\.35 \/ 0\.60 +62\.8 +0\.711/,
      /silence 90 d/,
      /new-category rates: .*\(0 purchase days; 100 needed\)/,
    ]) {
      expect(stdout).toMatch(part);
    }
  });

  it('holds out the second half of the history when no cut is given', async () => {
    const { stdout } = await run(['cdnow', cdnow]);
    expect(stdout).toContain('Holdout 1997-10-07T12:00:00Z to 1998-06-30T12:00:00Z, 38 weeks: refitted');
  });

  it('writes a page that loads nothing', async () => {
    await run(['cdnow', cdnow, ...holdout, '--report', 'report.html']);
    const page = readFileSync(join(directory, 'report.html'), 'utf8');
    expect(page).toMatch(/^<!doctype html>/);
    expect(page.match(/<svg /g)).toHaveLength(3);
    expect(page).toContain('prefers-color-scheme:dark');
    expect(page).not.toMatch(/<script|<link|<img|https?:|url\(|@import/);
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });

  it.each([
    [['--topics', 'cdnow', 'x.csv'], 'fit takes files or --topics, not both.'],
    [['--topics', '--map', 'customerId=c'], '--topics has none'],
    [['cdnow'], 'needs a preset and one or more files'],
    [['cdnow', cdnow, '--until', 'soon'], '--until soon is not a date'],
    [['cdnow', cdnow, '--holdout-until', '1998-01-01'], '--holdout-until needs --until'],
    [['cdnow', cdnow, '--until', '1998-01-01', '--holdout-until', '1997-01-01'], 'must be after --until'],
    [['cdnow', cdnow, '--horizon-weeks', '0'], 'not a number from 1 to 104'],
    [['cdnow', cdnow, '--max-alerts-per-1000', '-1'], '--max-alerts-per-1000'],
    [['cdnow', cdnow, '--zone', 'Mars'], '--zone Mars is not an IANA time zone'],
  ])('exits 2 and says what is wrong with %j', async (argv, message) => {
    const { code, stderr } = await run(argv);
    expect(code).toBe(exitCodes.usage);
    expect(stderr).toContain(message);
  });

  it('exits 1 for too little history, saying how much there was', async () => {
    const { code, stderr } = await run(['cdnow', cdnow, '--until', '1997-01-01']);
    expect(code).toBe(exitCodes.failed);
    expect(stderr).toMatch(/too little history until 1997-01-01T12:00:00Z: \d+ customers, 0 of them/);
  });

  it('does not write over a file that is no model', async () => {
    writeFileSync(join(directory, 'notes.yaml'), 'dear: diary\n');
    const { code, stderr } = await run(['cdnow', cdnow, '--until', '1997-09-30', '--out', 'notes.yaml']);
    expect(code).toBe(exitCodes.failed);
    expect(stderr).toContain('not written over');
    expect(readFileSync(join(directory, 'notes.yaml'), 'utf8')).toBe('dear: diary\n');
  });
});
