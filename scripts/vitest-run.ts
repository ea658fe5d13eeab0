/** Runs one vitest project as a child process and counts what it ran, from its JSON report. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

/** Test cases of one run. A file that could not be loaded, or a run that broke, counts as one failure. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

const report = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.unknown()) })),
});

/** Runs `project`, its output on ours; `filters` are vitest's file filters, none = all. */
export async function runVitest(project: 'unit' | 'integration', filters: readonly string[]): Promise<Counts> {
  const directory = await mkdtemp(join(tmpdir(), 'clientele-tests-'));
  const file = join(directory, 'report.json');
  try {
    const code = await exitCode([
      ...['node_modules/vitest/vitest.mjs', 'run', '--project', project],
      ...['--reporter=default', '--reporter=json', `--outputFile.json=${file}`],
      ...(filters.length === 0 ? [] : ['--passWithNoTests', ...filters]),
    ]);
    return count(await readFile(file, 'utf8').catch(() => null), code);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The counts of a JSON report; null = the run left none. */
export function count(json: string | null, code: number): Counts {
  if (json === null) return { passed: 0, failed: 1 };
  const { numPassedTests: passed, numFailedTests, testResults } = report.parse(JSON.parse(json));
  const unloaded = testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length;
  const failed = numFailedTests + unloaded;
  // An unhandled error outside every test fails the run and no test.
  return { passed, failed: failed === 0 && code !== 0 ? 1 : failed };
}

function exitCode(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...args], { stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? -1));
  });
}
