/** docs/INTEGRATION.md against the code: which topics there are, which are written, how long they are kept. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { kafkaVersion, slf4jVersion } from '../deploy/local-stack/versions.ts';
import { inputNames } from '../src/pipeline/ports.ts';
import { topicSpecs, type TopicSpec } from '../src/pipeline/topic-plan.ts';
import { topicDefaults, topicNames, writtenSubjects } from '../src/pipeline/topics.ts';

const read = (path: string): string => readFileSync(join(import.meta.dirname, '..', path), 'utf8');
const text = read('docs/INTEGRATION.md');

/** Cells of the first table under a heading, the header row left out; code marks removed. */
function tableUnder(heading: string): readonly (readonly string[])[] {
  const section = text.split(/^##+ /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  const rows = section.split('\n').filter((row) => row.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .replaceAll('`', '')
      .split(/ ?\| ?/)
      .slice(1, -1),
  );
}

const written: readonly string[] = [...Object.keys(writtenSubjects(topicNames(''))), 'deadLetters'];

function keptOf({ settings }: TopicSpec): string {
  const retention = settings.find(({ name }) => name === 'retention.ms');
  return retention === undefined ? 'for ever' : `${Number(retention.value) / 86_400_000} d`;
}

describe('INTEGRATION.md', () => {
  it('lists exactly the topics for consumers, whether they are written, and how long they are kept', () => {
    const expected = topicSpecs
      .filter(({ key }) => topicDefaults[key].startsWith('customer-value.'))
      .map((spec) => [
        topicDefaults[spec.key],
        written.includes(spec.key) ? 'yes' : 'not yet',
        spec.settings.find(({ name }) => name === 'cleanup.policy')?.value,
        keptOf(spec),
      ]);
    const listed = tableUnder('Which topic').map(([topic, , ...rest]) => [topic, ...rest]);
    expect(listed).toEqual(expected);
  });

  it('lists exactly the inputs that are taken', () => {
    expect(tableUnder('Sending events').map(([topic]) => topic)).toEqual(inputNames.map((name) => topicDefaults[name]));
  });
});

describe('the examples', () => {
  it('name topics that are there, in every language', () => {
    for (const path of ['typescript/consumer.ts', 'python/consumer.py', 'java/ExampleConsumer.java']) {
      const source = read(`examples/consumers/${path}`);
      const topics = [...source.matchAll(/customer-value\.[a-z-]+\.v\d+/g)].map(([name]) => name);
      expect([path, topics]).toEqual([path, [topicDefaults.tierChanged, topicDefaults.churnAlert]]);
    }
  });

  it('use the Kafka of the local stack in Java', () => {
    const versions = [...read('examples/consumers/java/pom.xml').matchAll(/<version>(.*)<\/version>/g)];
    expect(versions.map(([, version]) => version)).toEqual(expect.arrayContaining([kafkaVersion, slf4jVersion]));
  });
});
