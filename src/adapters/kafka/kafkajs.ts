/**
 * The one place that loads kafkajs: exactly the version the patches were written against, patched before first use.
 * Importing this file does both, or throws; everything else in this room imports kafkajs values from here only.
 */
import { createRequire } from 'node:module';
import type * as KafkajsModule from 'kafkajs';
import { installCodecs } from './codecs.ts';
import { patches } from './patches/index.ts';
import type { KafkajsSource } from './patches/patch.ts';
import { brokerTaps } from './taps.ts';

export const kafkajsVersion = '2.2.4';

const require = createRequire(import.meta.url);
const marker = Symbol.for('clientele.kafkajs.patched');

/** Throws unless `found` is the version the patches were written against. */
export function assertKafkajsVersion(found: string): void {
  if (found === kafkajsVersion) return;
  throw new Error(
    `kafkajs ${kafkajsVersion} is required and ${found} is installed: the patches in adapters/kafka/patches change ` +
      `its source, so another version needs each of them read again (docs/KAFKA-ROOM.md)`,
  );
}

/** The copy of kafkajs that this process runs. */
const source: KafkajsSource = {
  load: (path) => require(`kafkajs/src/${path}`) as unknown,
  replace(path, exports) {
    const file = require.resolve(`kafkajs/src/${path}`);
    require(file);
    const module = require.cache[file];
    if (module === undefined) throw new Error(`kafkajs/src/${path} cannot be replaced`);
    module.exports = exports;
  },
};

function loadKafkajs(): typeof KafkajsModule {
  assertKafkajsVersion((require('kafkajs/package.json') as { version: string }).version);
  const loaded = require.cache[require.resolve('kafkajs')];
  const patched = loaded !== undefined && Reflect.has(loaded.exports as object, marker);
  if (loaded !== undefined && !patched) throw new Error('kafkajs was loaded before adapters/kafka/kafkajs.ts');
  if (!patched) for (const patch of [...patches, brokerTaps]) patch.install(source);
  const kafkajs = require('kafkajs') as typeof KafkajsModule;
  installCodecs(kafkajs);
  Object.defineProperty(kafkajs, marker, { value: true });
  return kafkajs;
}

/** kafkajs 2.2.4, patched. */
export const kafkajs: typeof KafkajsModule = loadKafkajs();
