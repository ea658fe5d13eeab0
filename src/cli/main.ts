/** The entry of `clientele`: hands this process to the command named on its command line. It runs when it is imported. */
import { processEnvironment } from '../config.ts';
import { runCommand } from './dispatch.ts';

process.exitCode = await runCommand(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: processEnvironment(),
  cwd: process.cwd(),
  isTTY: process.stderr.isTTY,
});

// A socket or timer that a library keeps must not keep the process: the exit code is known.
setTimeout(() => process.exit(), 2_000).unref();
