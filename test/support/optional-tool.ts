/**
 * Tools that only some machines have. Without one a test is skipped and says so; under continuous integration
 * (CI is set) it fails instead, so nothing there goes untested in silence.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from '../../deploy/local-stack/jars.ts';
import { runCommand } from '../../deploy/local-stack/run-command.ts';

/** Skips the test that `skip` belongs to, loudly, unless `tool` was found. Throws: in continuous integration. */
export function needed<T>(tool: T | null, what: string, skip: (note: string) => never): T {
  if (tool !== null) return tool;
  const note = `NOT TESTED: ${what} cannot be had on this machine`;
  if ((process.env['CI'] ?? '') !== '') throw new Error(note);
  process.stderr.write(`\n${note}\n`);
  return skip(note);
}

async function works(command: string, args: readonly string[]): Promise<boolean> {
  return (await runCommand(command, args).catch(() => null))?.code === 0;
}

export interface PrometheusTools {
  readonly prometheus: string;
  readonly promtool: string;
}

/** Prometheus and promtool: those on the path, else Debian's or Ubuntu's package, unpacked into the cache; or null. */
export async function findPrometheus(): Promise<PrometheusTools | null> {
  if ((await works('prometheus', ['--version'])) && (await works('promtool', ['--version']))) {
    return { prometheus: 'prometheus', promtool: 'promtool' };
  }
  if (!(await works('apt-get', ['--version'])) || !(await works('dpkg-deb', ['--version']))) return null;
  const unpacked = await cached('prometheus-deb', unpackPrometheus).catch(() => null);
  if (unpacked === null) return null;
  return { prometheus: join(unpacked, 'usr/bin/prometheus'), promtool: join(unpacked, 'usr/bin/promtool') };
}

async function unpackPrometheus(directory: string): Promise<void> {
  const download = `cd "${directory}" && apt-get download prometheus`;
  if (!(await works('sh', ['-c', download]))) {
    // A fresh image has no package lists; getting them takes root.
    await runCommand('apt-get', ['update'], { timeoutMs: 120_000 });
    const { code, stderr } = await runCommand('sh', ['-c', download], { timeoutMs: 120_000 });
    if (code !== 0) throw new Error(stderr);
  }
  const archive = (await readdir(directory)).find((file) => file.endsWith('.deb'));
  if (archive === undefined) throw new Error('apt-get left no package');
  const { code, stderr } = await runCommand('dpkg-deb', ['-x', join(directory, archive), directory]);
  if (code !== 0) throw new Error(stderr);
}

/**
 * The Python of a virtual environment in the cache with exactly `packages` (pip's `name==version`), or null.
 * `name` is that of the environment: another set of packages needs another name.
 */
export async function findPython(name: string, packages: readonly string[]): Promise<string | null> {
  if (!(await works('python3', ['-m', 'venv', '--help']))) return null;
  const home = await cached(`python-${name}`, async (directory) => {
    const made = await runCommand('python3', ['-m', 'venv', '--copies', directory]);
    if (made.code !== 0) throw new Error(made.stderr);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--only-binary', ':all:'];
    const installed = await runCommand(join(directory, 'bin/python'), [...pip, ...packages], { timeoutMs: 300_000 });
    if (installed.code !== 0) throw new Error(installed.stderr);
  }).catch(() => null);
  return home === null ? null : join(home, 'bin/python');
}
