/** The library that is loaded: this version and no other, with every patch in it. */
import { describe, expect, it } from 'vitest';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { assertKafkajsVersion, kafkajs, kafkajsVersion } from '../../../src/adapters/kafka/kafkajs.ts';
import { patches } from '../../../src/adapters/kafka/patches/index.ts';
import { freshKafkajs } from './fresh-kafkajs.ts';
import { fetched, message } from './kafka-messages.ts';

const root = new URL('../../../', import.meta.url);

describe('assertKafkajsVersion', () => {
  it.each(['2.2.3', '2.3.0-beta.3', '3.0.0', ''])('refuses %j, naming both versions', (found) => {
    expect(() => assertKafkajsVersion(found)).toThrow(
      `kafkajs ${kafkajsVersion} is required and ${found} is installed`,
    );
  });

  it('accepts the pinned version', () => {
    expect(() => assertKafkajsVersion('2.2.4')).not.toThrow();
  });
});

describe('kafkajs', () => {
  it('is the copy that was patched: what a consumer filters with drops interleaved aborts', () => {
    const require = createRequire(import.meta.url);
    const Batch = require('kafkajs/src/consumer/batch') as new (...fields: unknown[]) => { messages: unknown[] };
    const abortedTransactions = [
      { producerId: 'B', firstOffset: '1' },
      { producerId: 'A', firstOffset: '0' },
    ];
    const messages = [message(0, {}, 'A'), message(1, {}, 'B'), message(2, {}, 'A')];
    expect(new Batch('t', '0', fetched(messages, { abortedTransactions })).messages).toEqual([]);
    expect(kafkajs).toBe(require('kafkajs'));
  });
});

describe('patches', () => {
  const files = readdirSync(new URL('src/adapters/kafka/patches/', root))
    .map((file) => file.replace(/\.ts$/, ''))
    .filter((name) => name !== 'index' && name !== 'patch');

  it('are all installed', () => {
    expect(patches.map(({ name }) => name).sort()).toEqual(files.sort());
  });

  it('each have a test that looks at stock, and a line in docs/KAFKA-ROOM.md', () => {
    const room = readFileSync(new URL('docs/KAFKA-ROOM.md', root), 'utf8');
    for (const name of files) {
      const test = readFileSync(new URL(`test/adapters/kafka/patches/${name}.test.ts`, root), 'utf8');
      expect(test, name).toContain('freshKafkajs()');
      expect(room, name).toContain(`| \`${name}\` |`);
    }
  });

  it('can all be installed in one copy, which then loads', () => {
    const source = freshKafkajs();
    for (const patch of patches) patch.install(source);
    expect(source.load('index')).toBeTypeOf('function');
  });
});
