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
export function javaService(options: JavaServiceOptions): Service {
  let child: ChildProcess | undefined;

  const launch = (): ChildProcess => {
    const output = openSync(options.logFile, 'a');
    const launched = spawn(options.command, [...options.args], {
      detached: true,
      stdio: ['ignore', output, output],
      env: { ...process.env, ...options.environment },
    });
    closeSync(output);
    const { pid } = launched;
    if (pid !== undefined) {
      options.onPid(pid, true);
      launched.once('exit', () => options.onPid(pid, false));
    }
    return launched;
  };

  const service: Service = {
    get pid() {
      return child?.pid;
    },
    async start() {
      if (child !== undefined) return;
      const launched = launch();
      child = launched;
      // The handle alone must not keep the host process alive; the reaper and the exit hook end the service.
      launched.unref();
      let failure: string | undefined;
      launched.once('error', (error) => (failure = error.message));
      launched.once('exit', (code, signal) => {
        failure = `ended with ${signal ?? `code ${code ?? -1}`}`;
        if (child === launched) child = undefined;
      });
      const deadline = Date.now() + startMsMax;
      const isFailed = (): boolean => failure !== undefined;
      while (!(await options.answers())) {
        if (isFailed() || Date.now() > deadline) {
          await service.stop('SIGKILL');
          throw new Error(
            `${options.name} ${failure ?? 'did not answer in time'}; the end of its log:\n${tail(options.logFile)}`,
          );
        }
        await sleep(100);
      }
      // A foreign process on the same port would answer too: ours must be the one alive.
      if (isFailed()) throw new Error(`${options.name} ${failure ?? ''}:\n${tail(options.logFile)}`);
    },
    async stop(signal = 'SIGTERM') {
      const stopping = child;
      if (stopping?.pid === undefined) return;
      child = undefined;
      const ended = new Promise<void>((resolve) => {
        if (stopping.exitCode !== null || stopping.signalCode !== null) resolve();
        else stopping.once('exit', () => resolve());
      });
      stopping.ref();
      stopping.kill('SIGCONT');
      stopping.kill(signal);
      const killer = setTimeout(() => stopping.kill('SIGKILL'), stopMsMax);
      await ended;
      clearTimeout(killer);
    },
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
  };

  const signal = (name: 'SIGSTOP' | 'SIGCONT'): Promise<void> => {
    if (child?.kill(name) === true) return Promise.resolve();
    return Promise.reject(new Error(`${options.name} is not running`));
  };
  return service;
}

/** The last lines of a log file; empty when it cannot be read. */
export function tail(file: string, lines = 25): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '';
  }
}
