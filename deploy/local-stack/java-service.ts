/**
 * One Java service as a child process: started with its output in a file, watched until it answers, stopped by pid.
 * The child has its own process group, so a Ctrl-C in the terminal reaches us first and the service last.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Service } from './types.ts';

/** A JVM on a busy two-core machine needs 15 s; longer than this means it will not come. */
const startMsMax = 120_000;
/** A broker flushes its logs within this on SIGTERM; afterwards it is killed. */
const stopMsMax = 8_000;

export interface JavaServiceOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly logFile: string;
  readonly answers: () => Promise<boolean>;
  /** Told of every pid that begins or ends, for the reaper. */
  readonly onPid: (pid: number, isAlive: boolean) => void;
}

/** A service that is not started yet. */
export class JavaService implements Service {
  readonly #options: JavaServiceOptions;
  #child: ChildProcess | undefined;
  /** Why the last start failed or ended; undefined while it lives. */
  #end: string | undefined;

  constructor(options: JavaServiceOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async start(): Promise<void> {
    if (this.#child !== undefined) return;
    this.#child = this.#launch();
    const deadline = Date.now() + startMsMax;
    while (!(await this.#options.answers())) {
      if (this.#end !== undefined || Date.now() > deadline) {
        await this.stop('SIGKILL');
        throw this.#failure('did not answer in time');
      }
      await sleep(100);
    }
    // A foreign process on the same port would answer too: ours must be alive.
    if (this.#end !== undefined) throw this.#failure(this.#end);
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.ref();
    // A frozen process hears nothing but SIGKILL.
    child.kill('SIGCONT');
    child.kill(signal);
    const killer = setTimeout(() => child.kill('SIGKILL'), stopMsMax);
    await ended;
    clearTimeout(killer);
  }

  freeze(): Promise<void> {
    return this.#signal('SIGSTOP');
  }

  thaw(): Promise<void> {
    return this.#signal('SIGCONT');
  }

  #launch(): ChildProcess {
    const { command, args, environment, logFile, onPid } = this.#options;
    this.#end = undefined;
    const output = openSync(logFile, 'a');
    const child = spawn(command, [...args], {
      detached: true,
      stdio: ['ignore', output, output],
      env: { ...process.env, ...environment },
    });
    closeSync(output);
    // The handle alone must not keep the host process alive; the reaper ends the service then.
    child.unref();
    const { pid } = child;
    if (pid !== undefined) onPid(pid, true);
    child.once('error', (error) => (this.#end = error.message));
    child.once('exit', (code, signal) => {
      if (pid !== undefined) onPid(pid, false);
      if (this.#child !== child) return;
      this.#end = `ended with ${signal ?? `code ${code ?? -1}`}`;
      this.#child = undefined;
    });
    return child;
  }

  #failure(otherwise: string): Error {
    const { name, logFile } = this.#options;
    return new Error(`${name} ${this.#end ?? otherwise}; the end of its log, ${logFile}:\n${tail(logFile)}`);
  }

  #signal(name: 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    if (this.#child?.kill(name) === true) return Promise.resolve();
    return Promise.reject(new Error(`${this.#options.name} is not running`));
  }
}

/** The last lines of a log file; empty when it cannot be read. */
export function tail(file: string, lines = 25): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '';
  }
}
