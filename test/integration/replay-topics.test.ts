/** `clientele replay --topics` on a real Kafka: the topics tell what the files tell that they were imported from. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Installation } from '../support/installation.ts';

const purchases = ['cdnow', 'examples/cdnow/purchases-sample.csv.gz'] as const;
const directory = mkdtempSync(join(tmpdir(), 'clientele-replay-topics-'));
const contacts = join(directory, 'contacts.csv');
const answers = join(directory, 'answers.csv');
const interactions = ['generic', contacts, '--event', 'interaction', '--map', 'customerId=id,occurredAt=at,kind=kind'];
const surveys = ['generic', answers, '--event', 'survey', '--map', 'customerId=id,occurredAt=at,kind=kind,score=score'];
const model = ['--model', 'examples/cdnow/model.yaml', '--until', '1999-01-01'];

const lineShape = z.object({
  topic: z.string(),
  key: z.string(),
  value: z.looseObject({ sequence: z.number(), runId: z.string().nullable() }),
});
type Line = z.output<typeof lineShape>;
let installation: Installation;

beforeAll(async () => {
  writeFileSync(
    contacts,
    'id,at,kind\n20873,1997-02-01,complaint\n00004,1997-03-01,visit\nonly-here,1997-05-01,visit\n',
  );
  writeFileSync(answers, 'id,at,kind,score\n00004,1997-02-02,nps,2\n20873,1997-08-01,nps,10\n');
  installation = await Installation.create({ name: 'replay', partitions: 3 });
  for (const group of [purchases, interactions, surveys]) await installation.command(['import', ...group]);
  // Imported again every event id is there twice, and taken once.
  await installation.command(['import', ...surveys]);
});
afterAll(async () => {
  rmSync(directory, { recursive: true });
  await installation.close();
});

async function replayed(args: readonly string[]): Promise<readonly Line[]> {
  const lines = (await installation.command(['replay', ...args, ...model]))
    .trimEnd()
    .split('\n')
    .map((line) => lineShape.parse(JSON.parse(line)));
  const placeOf = ({ key, topic, value }: Line): string => `${key} ${topic} ${String(value.sequence).padStart(6, '0')}`;
  return lines.sort((left, right) => (placeOf(left) < placeOf(right) ? -1 : 1));
}

/** As files tell it: an import is said to be one. */
const asFromFiles = ({ value, ...line }: Line): string =>
  JSON.stringify({
    ...line,
    value: {
      ...value,
      backfill: false,
      runId: null,
      cause: value['cause'] === 'backfill' ? 'activity' : value['cause'],
    },
  });

describe('clientele replay --topics', () => {
  it('tells what the files tell, and which import it came by', async () => {
    const fromFiles = await replayed([...purchases, '--and', ...interactions, '--and', ...surveys]);
    const fromTopics = await replayed(['--topics']);
    expect(fromFiles.length).toBeGreaterThan(10_000);
    const asTold = fromTopics.map(asFromFiles);
    fromFiles.forEach((line, index) => {
      if (asTold[index] !== JSON.stringify(line))
        expect.fail(`${asTold[index] ?? 'nothing'} for ${JSON.stringify(line)}`);
    });
    expect(fromTopics).toHaveLength(fromFiles.length);
    expect(fromTopics.some(({ value }) => value.runId !== null)).toBe(true);
  });
});
