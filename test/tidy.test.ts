/** The house rules, executed. Each rule first shows that it can fail, then reads the whole tree. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { apicurioVersion, kafkaVersion } from '../deploy/local-stack/versions.ts';
import { environmentFaults, impurityFaults, lengthQuestions } from './support/tidy/code.ts';
import { importFaults, sharedLibraryFaults } from './support/tidy/imports.ts';
import type { SourceText } from './support/tidy/syntax.ts';
import {
  decisionFaults,
  headerFaults,
  leftoverFaults,
  linkFaults,
  machineFaults,
  mirrorQuestions,
} from './support/tidy/text.ts';

const root = join(import.meta.dirname, '..');
/** What is ours in the root; anything else there (installed, built, fetched, a user's own) is not read. */
const rooms = ['.ci', '.github', 'bench', 'bin', 'deploy', 'docs', 'examples', 'schemas', 'scripts', 'src', 'test'];

function pathsUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? pathsUnder(`${folder}/${entry.name}`) : [`${folder}/${entry.name}`],
  );
}

const rootFiles = readdirSync(root).filter((name) => /\.(?:md|json|ts|mjs|yml|yaml)$/.test(name));
const paths = [...rootFiles, ...rooms.filter((room) => existsSync(join(root, room))).flatMap(pathsUnder)].sort();
const read = (path: string): SourceText => ({ path, text: readFileSync(join(root, path), 'utf8') });
const isText = (path: string): boolean => /\.(?:ts|mjs|md|json|ya?ml|avsc)$|^bin\/|^\.ci\//.test(path);
const texts = paths.filter(isText).map(read);
const sources = texts.filter(({ path }) => path.endsWith('.ts'));
/** Lets a sample hold a word that this very file must not contain. */
const joined = (text: string): string => text.replaceAll('_', '');
const sample = (path: string, text: string): SourceText => ({ path, text });

describe('imports', () => {
  it.each([
    ['src/domain/a.ts', `import { b } from '../pipeline/b.ts';`],
    ['src/domain/a.ts', `import fs from 'node:fs';`],
    ['src/domain/a.ts', `export * from 'zod';`],
    ['src/pipeline/a.ts', `import type { B } from '../adapters/kafka/b.ts';`],
    ['src/pipeline/a.ts', `const fs = await import('node:fs');`],
    ['src/adapters/csv/a.ts', `import { b } from '../kafka/b.ts';`],
    ['src/adapters/csv/a.ts', `import { step } from '../../domain/step.ts';`],
    ['src/adapters/csv/a.ts', `import a from 'avsc';\nimport b from 'csv-parse';`],
    ['src/adapters/csv/a.ts', `import { Kafka } from 'kafkajs';`],
    ['src/cli/a.ts', `import { b } from '../../test/support/b.ts';`],
    ['test/pipeline/a.test.ts', `const kafkajs = require('kafkajs');`],
  ])('refuses in %s: %s', (path, text) => {
    expect(importFaults(sample(path, text))).toHaveLength(1);
  });

  it.each([
    [
      'src/adapters/csv/a.ts',
      `import type { State } from '../../domain/state.ts';\nimport { parse } from 'csv-parse';`,
    ],
    ['src/adapters/kafka/patches/a.ts', `import { Kafka } from 'kafkajs';\nimport { b } from '../b.ts';`],
    ['src/pipeline/a.ts', `// import fs from 'node:fs';\nconst text = "import('node:fs')";`],
    ['test/domain/a.test.ts', `import { b } from '../../src/domain/b.ts';`],
  ])('allows in %s: %s', (path, text) => {
    expect(importFaults(sample(path, text))).toEqual([]);
  });

  it('sees a library that two rooms know', () => {
    const two = [
      sample('src/adapters/a/x.ts', `import 'avsc';`),
      sample('src/adapters/b/x.ts', `import 'avsc/types';`),
    ];
    expect(sharedLibraryFaults(two)).toHaveLength(1);
  });

  it('hold in this tree', () => {
    expect([...sources.flatMap(importFaults), ...sharedLibraryFaults(sources)]).toEqual([]);
  });
});

describe('purity of domain and pipeline', () => {
  it.each([
    'const a = Date.now();',
    'new Date(0)',
    'Math.random()',
    'setTimeout(f, 1)',
    'f(performance.now())',
    'process.pid',
  ])('refuses %s', (text) => {
    expect(impurityFaults(sample('src/domain/a.ts', text))).toHaveLength(1);
    expect(impurityFaults(sample('src/adapters/clock.ts', text))).toEqual([]);
  });

  it.each([
    '// Date.now()',
    'const at: Date = given;',
    'clock.process()',
    'type A = { process: number };',
    'Math.round(1)',
  ])('allows %s', (text) => {
    expect(impurityFaults(sample('src/domain/a.ts', text))).toEqual([]);
  });

  it('lets the pipeline write down an instant that is data, and not read one', () => {
    expect(impurityFaults(sample('src/pipeline/a.ts', 'new Date(at).toISOString()'))).toEqual([]);
    expect(impurityFaults(sample('src/pipeline/a.ts', 'new Date().toISOString()'))).toHaveLength(1);
  });

  it('holds in this tree', () => {
    expect(sources.flatMap(impurityFaults)).toEqual([]);
  });
});

describe('environment', () => {
  it('is refused outside src/config.ts, tests, scripts and deploy', () => {
    const text = `const a = process.env['A'];`;
    expect(environmentFaults(sample('src/cli/a.ts', text))).toHaveLength(1);
    expect(environmentFaults(sample('src/config.ts', text))).toEqual([]);
  });

  it('is read in one place of this tree', () => {
    expect(sources.flatMap(environmentFaults)).toEqual([]);
  });
});

describe('leftovers', () => {
  it.each(['it_.only(a)', 'describe_.skip(a)', '// FIX_ME later', '// TO_DO later'].map(joined))(
    'refuses %s',
    (text) => {
      expect(leftoverFaults(sample('test/a.test.ts', text))).toHaveLength(1);
    },
  );

  it('are not in this tree', () => {
    expect(texts.flatMap(leftoverFaults)).toEqual([]);
  });
});

describe('paths and hosts of one machine', () => {
  it.each(["const a = '/wo_rk/b';", 'see /t_mp/x', 'file:///ro_ot/a', 'https://regis_try.npmjs.org/a'].map(joined))(
    'refuses %s',
    (text) => {
      expect(machineFaults(sample('docs/a.md', text))).toHaveLength(1);
    },
  );

  it.each(["import a from './wo_rk/a.ts';", '/var/t_mp/a', 'src/work.ts'].map(joined))('allows %s', (text) => {
    expect(machineFaults(sample('docs/a.md', text))).toEqual([]);
  });

  it('are not in this tree', () => {
    expect(texts.flatMap(machineFaults)).toEqual([]);
  });
});

describe('file headers', () => {
  it('are missed when a file opens with code', () => {
    expect(headerFaults(sample('src/a.ts', 'const a = 1;'))).toHaveLength(1);
    expect(headerFaults(sample('src/a.ts', '/** For this. */\nconst a = 1;'))).toEqual([]);
  });

  it('open every file outside test', () => {
    expect(sources.filter(({ path }) => !path.startsWith('test/')).flatMap(headerFaults)).toEqual([]);
  });
});

describe('packages', () => {
  const versions = z.record(z.string(), z.string());
  const manifest = z.object({ dependencies: versions, devDependencies: versions });
  const lockEntry = z.object({ resolved: z.string().optional(), optionalDependencies: versions.optional() });
  const lock = z.object({ packages: z.record(z.string(), lockEntry) });
  const { dependencies, devDependencies } = manifest.parse(JSON.parse(read('package.json').text));
  const { packages } = lock.parse(JSON.parse(read('package-lock.json').text));

  it('have exact versions', () => {
    const all = Object.entries({ ...dependencies, ...devDependencies });
    expect(all.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
    expect(all.length).toBeGreaterThan(10);
  });

  it('are locked without the address they came from', () => {
    expect(Object.entries(packages).filter(([, entry]) => entry.resolved !== undefined)).toEqual([]);
  });

  it('are locked with the optional packages of every platform, else npm ci refuses on another one', () => {
    const known = new Set(Object.keys(packages).map((path) => path.split('node_modules/').at(-1)));
    const wanted = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
    expect(wanted.filter((name) => !known.has(name))).toEqual([]);
    expect(wanted.length).toBeGreaterThan(10);
  });
});

describe('documents', () => {
  it('see a gap, a double and a strange name among decisions', () => {
    expect(decisionFaults(['0001-a.md', '0003-b.md'])).toHaveLength(1);
    expect(decisionFaults(['0001-a.md', '0001-b.md'])).toHaveLength(1);
    expect(decisionFaults(['0001-a.md', 'notes.md'])).toHaveLength(1);
    expect(decisionFaults(['0001-a.md', '0002-b-c.md'])).toEqual([]);
  });

  it('number decisions without gaps', () => {
    expect(decisionFaults(readdirSync(join(root, 'docs/decisions')))).toEqual([]);
  });

  it('see a link that leads nowhere', () => {
    const page = sample('docs/a.md', '[b](b.md#c) [c](../README.md) [d](https://example.org) [e](#e)');
    expect(linkFaults(page, (path) => path === 'README.md')).toEqual([
      'docs/a.md: links to b.md#c, which is not there',
    ]);
  });

  it('link to what exists', () => {
    const pages = texts.filter(({ path }) => path.endsWith('.md'));
    expect(pages.flatMap((page) => linkFaults(page, (path) => existsSync(join(root, path))))).toEqual([]);
  });
});

describe('docker-compose.yml', () => {
  it('runs the versions the local stack runs', () => {
    const { text } = read('docker-compose.yml');
    expect(text).toContain(`image: apache/kafka:${kafkaVersion}\n`);
    expect(text).toContain(`image: apicurio/apicurio-registry:${apicurioVersion}\n`);
  });
});

describe('questions', () => {
  it('are asked about long files, long functions and files without a mirror', () => {
    const long = `/** a */\nfunction f() {\n${'  g();\n'.repeat(210)}}\n`;
    expect(lengthQuestions(sample('src/a.ts', long))).toHaveLength(2);
    expect(mirrorQuestions(['src/a.ts', 'src/b/c.ts', 'test/b/c.test.ts'])).toHaveLength(1);
  });

  it('are printed, not failed', () => {
    const lengths = sources.flatMap(lengthQuestions);
    const unmirrored = mirrorQuestions(paths);
    if (lengths.length > 0) console.log(`Is each of these one thing?\n  ${lengths.join('\n  ')}`);
    if (unmirrored.length > 0) console.log(`Tested through others, or not at all?\n  ${unmirrored.join(' ')}`);
    expect(sources.length).toBeGreaterThan(20);
  });
});
