/**
 * A copy of kafkajs' source that no other test and no product code shares: unpatched, until a patch is installed.
 */
import { createRequire } from 'node:module';
import type { KafkajsSource } from '../../../src/adapters/kafka/patches/patch.ts';

const require = createRequire(import.meta.url);
const root = require.resolve('kafkajs/package.json').replace(/package\.json$/, '');

/** A new copy; its modules are loaded on demand and see only each other. */
export function freshKafkajs(): KafkajsSource {
  let own = new Map<string, NodeJS.Module>();

  function inside<T>(work: () => T): T {
    const outside = takeCached();
    putCached(own);
    try {
      return work();
    } finally {
      own = takeCached();
      putCached(outside);
    }
  }

  return {
    load: (path) => inside(() => require(`kafkajs/src/${path}`) as unknown),
    replace(path, exports) {
      inside(() => {
        const file = require.resolve(`kafkajs/src/${path}`);
        require(file);
        const module = require.cache[file];
        if (module === undefined) throw new Error(`${path} is not cached`);
        module.exports = exports;
      });
    },
  };
}

function takeCached(): Map<string, NodeJS.Module> {
  const taken = new Map<string, NodeJS.Module>();
  for (const [file, module] of Object.entries(require.cache)) {
    if (!file.startsWith(root) || module === undefined) continue;
    taken.set(file, module);
    Reflect.deleteProperty(require.cache, file);
  }
  return taken;
}

function putCached(modules: ReadonlyMap<string, NodeJS.Module>): void {
  for (const [file, module] of modules) require.cache[file] = module;
}
