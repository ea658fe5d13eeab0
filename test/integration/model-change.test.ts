// A model of a higher revision takes effect on a real Kafka while the service dies in the midst of it: every customer is judged
// anew once, as of one instant per partition; an older process goes on with it, other content under its number is refused.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveMapping } from '../../src/adapters/csv/mapping.ts';
import { readEvents } from '../../src/adapters/csv/read-events.ts';
import type { CustomerState } from '../../src/domain/contracts.ts';
import type { InputEvent } from '../../src/domain/event.ts';
import type { Model } from '../../src/domain/model.ts';
import { rescore } from '../../src/domain/rescore.ts';
import { stepWithRoom } from '../../src/domain/capacity.ts';
import { partitionOf } from '../../src/pipeline/murmur2.ts';
import { Installation, until, type Running } from '../support/installation.ts';
import { order } from '../support/pipeline-driver.ts';
import { asTold, compared, modelOf, toldBy, type Told } from '../support/told.ts';

const sample = join(import.meta.dirname, '../../examples/cdnow/purchases-sample.csv.gz');
const partitions = 2;
const customerCount = 600;
/** Judged anew in one transaction: few, so that a process can die between two of them. */
const settings = { CLIENTELE_COMMIT_MAX_RECORDS: '50' };

let installation: Installation;
let firstModel: Model;
const states = new Map<string, CustomerState>();

/** Replaces the model file of the installation; `edit` must change it. */
function editModel(edit: (text: string) => string): void {
  const text = readFileSync(installation.modelPath, 'utf8');
  const edited = edit(text);
  expect(edited).not.toBe(text);
  writeFileSync(installation.modelPath, edited);
}

/** Revision 2: easier to be high, harder to be mid. */
function secondRevision(text: string): string {
  return text
    .replace(/^revision: 1\b/m, 'revision: 2')
    .replace('enter: 6500, leave: 6000', 'enter: 4800, leave: 4500')
    .replace('enter: 3500, leave: 3000', 'enter: 3900, leave: 3800');
}

async function stopped(service: Running): Promise<void> {
  service.kill('SIGTERM');
  expect(await service.exited).toBe(0);
}

const events = (service: Running): readonly string[] => service.log.map(({ event }) => event ?? '');

beforeAll(async () => {
  const all = (await readEvents([sample], resolveMapping('cdnow', {}))).events;
  const chosen = new Set([...new Set(all.map(({ event }) => event.customerId))].slice(0, customerCount));
  const history = all.filter(({ event }) => chosen.has(event.customerId));
  installation = await Installation.create({ name: 'rescored', partitions, settings });
  firstModel = modelOf(installation);
  for (const input of history) {
    const taken = stepWithRoom(states.get(input.event.customerId), input, firstModel, { backfillRunId: null });
    if (taken !== null) states.set(input.event.customerId, taken.state);
  }
  await installation.write(
    'purchases',
    history.map(({ event }: InputEvent) => event),
  );
  const service = installation.start();
  await installation.settled();
  await stopped(service);
});
afterAll(() => installation.close());

describe('a model of a higher revision', () => {
  it('judges every customer anew, once, as of one instant, though the process dies amid it twice', async () => {
    const known = (await toldBy(installation)).length;
    editModel(secondRevision);
    const secondModel = modelOf(installation);

    // The first transaction is that of the take-over.
    for (const point of ['0:afterSend:4', '0:beforeCommit:3']) {
      const dying = installation.startHalting([point]);
      await dying.line('halted 0');
      dying.kill('SIGKILL');
      await dying.exited;
    }
    const service = installation.start();
    await until(() => events(service).includes('model.rescored'), 'the interrupted partition is judged to its end');
    await installation.settled();
    await stopped(service);

    const told = await toldBy(installation);
    const changes = told.filter(({ cause }) => cause === 'config_change');
    expect(told.length).toBe(known + changes.length);
    const instants = instantsOf(changes);
    const expected = [...states.values()].flatMap((state) => {
      const at = instants[partitionOf(Buffer.from(state.customerId), partitions)] ?? 0;
      return rescore(state, secondModel, at).transitions.map(asTold);
    });
    expect(expected.length).toBeGreaterThan(customerCount / 20);
    expect(compared(changes)).toEqual(compared(expected));
  });

  it('is kept by an older process, which says so', async () => {
    editModel((text) => text.replace(/^revision: 2\b/m, 'revision: 1'));
    const older = installation.start();
    await older.url();
    const [customerId = ''] = states.keys();
    await installation.write('purchases', [order(customerId, Date.now() - 60_000, 90_000, 'after-the-change')]);
    await installation.settled();
    await stopped(older);
    expect(older.log.find(({ event }) => event === 'model.older')).toMatchObject({ revision: 2, own: 1 });
    const last = (await toldBy(installation)).filter((one) => one.customerId === customerId).at(-1);
    expect(last).toMatchObject({ modelRevision: 2 });
  });

  it('is refused with other content under the same number: exit 4, and nothing is told', async () => {
    const before = (await toldBy(installation)).length;
    editModel((text) => text.replace(/^revision: 1\b/m, 'revision: 2').replace('enter: 4800', 'enter: 4801'));
    const other = installation.start();
    expect(await other.exited).toBe(4);
    expect(JSON.stringify(other.log)).toContain('give changed content a new revision');
    expect(await toldBy(installation)).toHaveLength(before);
  });
});

/** The one instant at which the change took effect, by partition. */
function instantsOf(changes: readonly Told[]): readonly number[] {
  return Array.from({ length: partitions }, (_, partition) => {
    const here = changes.filter(({ customerId }) => partitionOf(Buffer.from(customerId), partitions) === partition);
    const found = new Set(here.map(({ effectiveAt }) => effectiveAt));
    expect([...found], `partition ${partition}`).toHaveLength(1);
    return [...found][0] ?? 0;
  });
}
