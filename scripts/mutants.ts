/**
 * `npm run test:mutants`: shows that the tests can fail. Each mutant is made in a copy of the tree, the test that must
 * notice it is run there, and the assertion that failed is printed. A mutant that survives, or whose place has moved, is a
 * failure. Arguments: a part of a mutant's name runs only those.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { mutants, type Mutant } from './mutants-list.ts';

const copied = ['src', 'test', 'schemas', 'examples', 'deploy', 'scripts', 'bin', 'bench', 'docs'];
const files = ['package.json', 'tsconfig.json', 'vitest.config.ts'];
/** A killer is a fast test; one that hangs has noticed, but not by an assertion. */
const timeoutMs = 120_000;

interface Verdict {
  readonly mutant: Mutant;
  readonly killed: boolean;
  /** The assertion that failed, or why the mutant counts as alive. */
  readonly said: string;
}

interface Report {
  readonly testResults: readonly {
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

const wanted = process.argv[2] ?? '';
const root = resolve(import.meta.dirname, '..');
const tree = mkdtempSync(join(tmpdir(), 'clientele-mutants-'));
try {
  for (const name of copied) cpSync(join(root, name), join(tree, name), { recursive: true });
  for (const name of files) cpSync(join(root, name), join(tree, name));
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'));
  const chosen = mutants.filter(({ name }) => name.includes(wanted));
  checkUnmutated(chosen);
  const verdicts = chosen.map((mutant) => {
    const verdict = judge(mutant);
    print(`${verdict.killed ? 'killed  ' : 'SURVIVED'}  ${mutant.name}\n          ${verdict.said}`);
    return verdict;
  });
  const alive = verdicts.filter(({ killed }) => !killed).length;
  print(`\n${verdicts.length - alive} killed, ${alive} survived`);
  process.exitCode = alive === 0 && verdicts.length > 0 ? 0 : 1;
} finally {
  rmSync(tree, { recursive: true, force: true });
}

/** A killer that fails without its mutant would prove nothing. */
function checkUnmutated(chosen: readonly Mutant[]): void {
  for (const test of new Set(chosen.map((mutant) => mutant.test))) {
    const failed = failures(run(test, 'all'));
    if (failed.length > 0) throw new Error(`${test} fails without a mutant: ${failed[0]?.fullName ?? ''}`);
  }
}

function judge(mutant: Mutant): Verdict {
  const path = join(tree, mutant.file);
  const original = readFileSync(path, 'utf8');
  const found = original.split(mutant.find).length - 1;
  if (found !== 1) {
    return {
      mutant,
      killed: false,
      said: `its place has moved: found ${found} times in ${mutant.file}: ${mutant.find}`,
    };
  }
  writeFileSync(
    path,
    original.replace(mutant.find, () => mutant.replace),
  );
  try {
    const report = run(mutant.test, mutant.name);
    const failed = failures(report);
    const killer = failed.find(({ fullName }) => fullName.includes(mutant.killer));
    if (killer === undefined) {
      const others = failed.map(({ fullName }) => fullName).join('; ') || 'nothing';
      return { mutant, killed: false, said: `"${mutant.killer}" did not fail in ${mutant.test}; failed: ${others}` };
    }
    const message = (killer.failureMessages[0] ?? '').split('\n')[0] ?? '';
    return { mutant, killed: true, said: `${killer.fullName}: ${message}` };
  } finally {
    writeFileSync(path, original);
  }
}

function run(test: string, name: string): Report {
  const output = join(tree, 'report.json');
  rmSync(output, { force: true });
  const vitest = join(tree, 'node_modules/vitest/vitest.mjs');
  const args = ['run', '--project', 'unit', '--reporter=json', `--outputFile=${output}`, test];
  const { error } = spawnSync(process.execPath, [vitest, ...args], { cwd: tree, timeout: timeoutMs, stdio: 'ignore' });
  try {
    return JSON.parse(readFileSync(output, 'utf8')) as Report;
  } catch {
    throw new Error(`${name}: ${test} gave no report${error === undefined ? '' : ` (${error.message})`}`);
  }
}

function failures(report: Report): Report['testResults'][number]['assertionResults'] {
  return report.testResults.flatMap(({ assertionResults, message }) => {
    const failed = assertionResults.filter(({ status }) => status === 'failed');
    // A file that does not even load has no assertion to show.
    if (failed.length === 0 && assertionResults.length === 0)
      throw new Error(`a test file did not load: ${message ?? ''}`);
    return failed;
  });
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
