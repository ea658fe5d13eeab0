/**
 * `npm run verify`: what must hold before a commit, without a broker: format, lint, types, purity of the domain, and
 * the unit tests (the tidy test and the drift of generated types among them). `--static` leaves the tests out.
 * One line per step; a failed step's output is shown in full, and nothing new is started after it.
 */
import { spawn } from 'node:child_process';

interface Step {
  readonly name: string;
  /** Arguments of this Node. */
  readonly args: readonly string[];
}

const tsc = 'node_modules/typescript/bin/tsc';
const steps: readonly Step[] = [
  { name: 'lint', args: ['node_modules/eslint/bin/eslint.js', '.', '--max-warnings', '0'] },
  { name: 'format', args: ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'] },
  { name: 'types', args: [tsc, '-p', '.', '--noEmit'] },
  { name: 'domain without Node', args: [tsc, '-p', 'src/domain', '--noEmit'] },
  ...(process.argv.includes('--static')
    ? []
    : [{ name: 'unit tests', args: ['node_modules/vitest/vitest.mjs', 'run', '--project', 'unit'] }]),
];
/** Lint is the longest step; the others fit beside it on two cores. */
const lanes = 2;

const failures: { readonly name: string; readonly output: string }[] = [];
const queue = [...steps];

async function work(): Promise<void> {
  for (let step = queue.shift(); step !== undefined && failures.length === 0; step = queue.shift()) {
    const started = Date.now();
    const { code, output } = await run(step.args);
    console.log(`${code === 0 ? 'ok    ' : 'FAILED'}  ${step.name}  ${((Date.now() - started) / 1000).toFixed(1)} s`);
    if (code !== 0) failures.push({ name: step.name, output });
  }
}

function run(args: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? -1, output }));
  });
}

await Promise.all(Array.from({ length: lanes }, work));
for (const { name, output } of failures) console.log(`\n== ${name} ==\n${output.trimEnd()}`);
process.exitCode = failures.length === 0 ? 0 : 1;
