/** `clientele fit --topics` on a real Kafka: the purchases topic says what the file said that it was imported from. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Installation } from '../support/installation.ts';

const file = 'examples/cdnow/purchases-sample.csv.gz';
const until = ['--until', '1997-09-30', '--horizon-weeks', '13', '--json'];
const report = z.looseObject({
  customers: z.int(),
  repeatCustomers: z.int(),
  purchase: z.object({ r: z.number(), alpha: z.number(), a: z.number(), b: z.number(), logLikelihood: z.number() }),
  spend: z.looseObject({ p: z.number(), q: z.number(), v: z.number(), logLikelihood: z.number() }),
});
let installation: Installation;

beforeAll(async () => {
  installation = await Installation.create({ name: 'fit', partitions: 3 });
  await installation.command(['import', 'cdnow', file]);
  // Imported again every event id is there twice: a fit takes it once.
  await installation.command(['import', 'cdnow', file]);
});
afterAll(() => installation.close());

const fitted = async (args: readonly string[]): Promise<z.output<typeof report>> =>
  report.parse(JSON.parse(await installation.command(['fit', ...args, ...until])));

describe('clientele fit --topics', () => {
  it('fits what the files give, whatever was imported twice', async () => {
    const fromFile = await fitted(['cdnow', file]);
    const fromTopic = await fitted(['--topics']);
    expect(fromTopic.customers).toBe(2_357);
    expect(fromTopic.repeatCustomers).toBe(fromFile.repeatCustomers);
    for (const [name, value] of Object.entries(fromFile.purchase))
      expect(Math.abs(fromTopic.purchase[name as 'r'] / value - 1), name).toBeLessThan(1e-6);
    for (const name of ['p', 'q', 'v', 'logLikelihood'] as const)
      expect(Math.abs(fromTopic.spend[name] / fromFile.spend[name] - 1), name).toBeLessThan(1e-6);
  });

  it('says what it cannot take: another currency', async () => {
    await expect(installation.command(['fit', '--topics', '--currency', 'EUR'])).rejects.toThrow(
      'no purchase in 13838 rows; 13838 are in another currency than EUR (--currency)',
    );
  });
});
