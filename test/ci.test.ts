/** The CI workflow: it opens doors that are there, on a clean checkout, with no more rights than reading. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const root = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const step = z.object({ uses: z.string().optional(), run: z.string().optional() });
const job = z.object({
  'timeout-minutes': z.number(),
  permissions: z.record(z.string(), z.string()),
  steps: z.array(step),
});
const workflow = z
  .object({ permissions: z.record(z.string(), z.string()), jobs: z.record(z.string(), job) })
  .parse(parse(read('.github/workflows/ci.yml')));
const jobs = Object.values(workflow.jobs);
const commands = jobs.flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(read('package.json')));

describe('.github/workflows/ci.yml', () => {
  it('verifies, audits what is shipped, and runs every test and mutant', () => {
    expect(commands).toEqual(['npm run verify', 'npm audit --omit=dev --audit-level=high', '.ci/run']);
    const all = read('.ci/run');
    for (const door of ['npm test', 'npm run test:mutants', 'scripts/verify.ts --static']) expect(all).toContain(door);
  });

  it('calls scripts that are there', () => {
    const called = [...commands, read('.ci/run')].join('\n');
    const named = [...called.matchAll(/^[^#\n]*\bnpm (?:run )?(verify|test[a-z:]*)/gm)].map(([, name]) => name ?? '');
    expect(named.sort()).toEqual(['test', 'test:mutants', 'verify']);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
    const files = Object.values(scripts).flatMap((script) => script.match(/\S+\.(?:ts|mjs)/g) ?? []);
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
    expect(statSync(join(root, '.ci/run')).mode & 0o111).not.toBe(0);
  });

  it('begins each job with a checkout that keeps no credentials, may only read, and ends in time', () => {
    expect(workflow.permissions).toEqual({});
    for (const { steps, permissions, 'timeout-minutes': minutes } of jobs) {
      expect(steps[0]?.uses).toMatch(/^actions\/checkout@v\d+$/);
      expect(permissions).toEqual({ contents: 'read' });
      expect(minutes).toBeLessThanOrEqual(60);
    }
    expect(read('.github/workflows/ci.yml').match(/persist-credentials: false/g)).toHaveLength(jobs.length);
  });
});
