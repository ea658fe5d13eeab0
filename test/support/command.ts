// The commands of the product inside the test's own process.
import { Writable } from 'node:stream';
import { runCommand } from '../../src/cli/dispatch.ts';

export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `clientele <argv>` in `cwd` with nothing in its environment but `env`; stderr is no terminal. */
export async function clientele(
  argv: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<Answer> {
  const texts = { stdout: '', stderr: '' };
  const into = (name: keyof typeof texts): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        texts[name] += chunk.toString();
        done();
      },
    });
  const code = await runCommand(argv, { stdout: into('stdout'), stderr: into('stderr'), env, cwd, isTTY: false });
  return { code, ...texts };
}
