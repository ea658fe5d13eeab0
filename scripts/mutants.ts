/**
 * `npm run test:mutants`: does a test fail when the protection it is there for is taken away? Applies the defects of
 * mutants-list.ts, one after the other, to a copy of this tree, runs the test each names and tells which assertion
 * failed. A defect that no longer fits the source, a test that is not there, and a surviving defect are failures.
 *
 * `--unit` leaves out what needs a broker; a part of a name runs only those whose name has it.
 */
import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { startStack, type LocalStack } from '../deploy/local-stack/stack.ts';
import { mutants as all, type Edit, type Mutant } from './mutants-list.ts';

/** Every replacement of a defect. */
export function editsOf({ file, find, replace, also = [] }: Mutant): readonly Edit[] {
  return [{ file, find, replace }, ...also];
}

const projectOf = ({ test }: Mutant): 'unit' | 'integration' =>
  test.startsWith('test/integration/') ? 'integration' : 'unit';

/** The text with one replacement made. Throws: unless what is to be replaced is there exactly once. */
export function applied(text: string, { file, find, replace }: Edit): string {
  const at = text.indexOf(find);
  if (at < 0) throw new Error(`${file}: not there any more: ${find.trim()}`);
  if (text.includes(find, at + 1)) throw new Error(`${file}: more than once: ${find.trim()}`);
  return text.slice(0, at) + replace + text.slice(at + find.length);
}

/** One test as vitest's JSON report has it. */
export interface Ran {
  readonly fullName: string;
  readonly status: string;
  readonly failureMessages: readonly string[];
}

/** The first line of the failure that kills `mutant`, or why it is not killed. */
export function judge(
  { killer, said = '' }: Mutant,
  ran: readonly Ran[],
): { readonly killed: boolean; readonly why: string } {
  const named = ran.filter(({ fullName, status }) => fullName.includes(killer) && status !== 'skipped');
  if (named.length === 0) return { killed: false, why: `no test "${killer}" ran` };
  const messages = named.filter(({ status }) => status === 'failed').flatMap(({ failureMessages }) => failureMessages);
  if (messages.length === 0) return { killed: false, why: 'SURVIVED' };
  const fitting = messages.find((message) => message.includes(said));
  if (fitting === undefined) return { killed: false, why: `failed otherwise: ${firstLine(messages[0] ?? '')}` };
  return { killed: true, why: firstLine(fitting) };
}

function firstLine(message: string): string {
  return (message.split('\n')[0] ?? '').slice(0, 140);
}

/** Not copied: what is made anew, or linked. */
const left = new Set(['node_modules', '.git', 'dist', 'coverage']);
const root = join(import.meta.dirname, '..');

async function copyTree(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'clientele-mutants-'));
  await cp(root, directory, { recursive: true, filter: (path) => !left.has(path.slice(root.length + 1)) });
  await symlink(join(root, 'node_modules'), join(directory, 'node_modules'));
  return directory;
}

const report = z.object({
  testResults: z.array(
    z.object({
      message: z.string().optional(),
      assertionResults: z.array(
        z.object({ fullName: z.string(), status: z.string(), failureMessages: z.array(z.string()).default([]) }),
      ),
    }),
  ),
});

interface Bench {
  readonly directory: string;
  readonly stack: LocalStack | null;
}

/** Runs the named tests of `files`; a file that cannot be loaded is a failed test without a name. */
async function run(bench: Bench, project: string, files: readonly string[], names: readonly string[]): Promise<Ran[]> {
  const output = join(bench.directory, 'report.json');
  await rm(output, { force: true });
  const escaped = names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  // vitest joins the names of suites and tests in more than one way.
  const pattern = escaped.map((name) => name.replaceAll(' ', '(?: > | )')).join('|');
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', project, '--reporter=json', '-t', pattern];
  const child = spawn(process.execPath, [...args, `--outputFile=${output}`, ...files], {
    cwd: bench.directory,
    env: bench.stack === null ? process.env : { ...process.env, ...environmentOf(bench.stack) },
    stdio: 'ignore',
  });
  await new Promise((resolve) => child.once('close', resolve));
  const { testResults } = report.parse(JSON.parse(await readFile(output, 'utf8')));
  return testResults.flatMap(({ message = '', assertionResults }) =>
    assertionResults.length === 0
      ? [{ fullName: files.join(), status: 'failed', failureMessages: [message] }]
      : assertionResults.map((result) => ({ ...result, fullName: result.fullName.replaceAll(' > ', ' ') })),
  );
}

function environmentOf({ brokers, registryUrl }: LocalStack): Record<string, string> {
  return { KAFKA_BROKERS: brokers.join(','), SCHEMA_REGISTRY_URL: registryUrl, CLIENTELE_STACK: 'environment' };
}

/** Before anything is broken, every named test must pass. Returns the complaints. */
async function baseline(bench: Bench, mutants: readonly Mutant[]): Promise<string[]> {
  const complaints: string[] = [];
  for (const project of ['unit', 'integration'] as const) {
    const ours = mutants.filter((mutant) => projectOf(mutant) === project);
    if (ours.length === 0) continue;
    const files = [...new Set(ours.map(({ test }) => test))];
    const killers = [...new Set(ours.map(({ killer }) => killer))];
    const ran = await run(bench, project, files, killers);
    for (const killer of killers) {
      const named = ran.filter(({ fullName, status }) => fullName.includes(killer) && status !== 'skipped');
      if (named.length === 0) complaints.push(`there is no test "${killer}"`);
      for (const { status, failureMessages } of named)
        if (status !== 'passed')
          complaints.push(`without a defect, "${killer}" ${status}: ${failureMessages.join(' ')}`);
    }
  }
  return complaints;
}

async function tryOne(bench: Bench, mutant: Mutant): Promise<{ readonly killed: boolean; readonly why: string }> {
  const originals = new Map<string, string>();
  try {
    for (const edit of editsOf(mutant)) {
      const path = join(bench.directory, edit.file);
      const text = await readFile(path, 'utf8');
      if (!originals.has(path)) originals.set(path, text);
      await writeFile(path, applied(text, edit));
    }
    return judge(mutant, await run(bench, projectOf(mutant), [mutant.test], [mutant.killer]));
  } catch (error) {
    return { killed: false, why: error instanceof Error ? error.message : String(error) };
  } finally {
    for (const [path, text] of originals) await writeFile(path, text);
  }
}

async function main(): Promise<number> {
  const options = { unit: { type: 'boolean', default: false } } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const wanted = positionals[0] ?? '';
  const mutants = all.filter(
    (mutant) => mutant.name.includes(wanted) && (!values.unit || projectOf(mutant) === 'unit'),
  );
  const started = Date.now();
  const seconds = (sinceMs: number): string => `${((Date.now() - sinceMs) / 1000).toFixed(0)} s`;
  const needsBroker = mutants.some((mutant) => projectOf(mutant) === 'integration');
  const stack = needsBroker ? await startStack({ need: 'kafka+registry', log: (line) => console.log(line) }) : null;
  const directory = await copyTree();
  let failed = 0;
  try {
    const bench = { directory, stack };
    const complaints = await baseline(bench, mutants);
    if (complaints.length > 0) {
      console.log(complaints.join('\n'));
      return 1;
    }
    console.log(`Without a defect the tests pass (${seconds(started)}). ${mutants.length} defects:`);
    for (const mutant of mutants) {
      const since = Date.now();
      const { killed, why } = await tryOne(bench, mutant);
      if (!killed) failed += 1;
      console.log(`${killed ? 'killed ' : 'FAILED '} ${mutant.name}  (${seconds(since)})`);
      console.log(`         ${killed ? `${mutant.killer}: ${why}` : `${mutant.test}, "${mutant.killer}": ${why}`}`);
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
    await stack?.stop();
  }
  console.log(`${seconds(started)}\n${mutants.length - failed} killed, ${failed} failed`);
  return failed === 0 && mutants.length > 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main();
