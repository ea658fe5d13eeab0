/** Runs a command to its end and collects what it prints. No shell: arguments are passed as they are. */
import { spawn } from 'node:child_process';
import type { ToolOptions, ToolResult } from './types.ts';

/** Rejects when the command cannot be started or outlives `timeoutMs` (default 60,000); any exit code resolves. */
export function runCommand(command: string, args: readonly string[], options: ToolOptions = {}): Promise<ToolResult> {
  const timeoutMs = options.timeoutMs ?? 60_000;
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${command} ${args.join(' ')} did not end within ${timeoutMs} ms\n${output.stderr}`));
    }, timeoutMs);
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? -1, ...output });
    });
    // A command that ends before reading its input is not an error of ours.
    child.stdin.once('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}
