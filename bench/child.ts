/** Processes a benchmark starts: their lines, their ends, and that none survives it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const children: ChildProcess[] = [];

/** Starts Node with `args`; standard error goes to ours. */
export function start(args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  return child;
}

/** Resolves with the first line of a child's standard output. */
export async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('invariant: the child has a stdout');
  const [text] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return text;
}

/** Resolves when a child has ended well. Rejects: when it has not. */
export async function finished(child: ChildProcess): Promise<void> {
  const [code] = child.exitCode === null ? ((await once(child, 'exit')) as [number | null]) : [child.exitCode];
  if (code !== 0) throw new Error(`${child.spawnargs.slice(1).join(' ')} ended with ${String(code)}`);
}

/** Ends whatever still runs. */
export function killAll(): void {
  for (const child of children) child.kill('SIGKILL');
}

/** A line of the report. */
export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
