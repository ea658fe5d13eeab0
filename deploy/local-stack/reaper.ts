/**
 * Nothing outlives its owner: services are killed when this process exits, and by a tiny watcher when it is killed
 * with a signal nobody can catch. Order: on exit services die at once, without a flush; `stop()` of the stack is gentler.
 */
import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Polls the owner's pid; when it is gone, kills what the pid file lists and deletes the directory. */
const watcherScript =
  'while kill -0 "$1" 2>/dev/null; do sleep 1; done; for pid in $(cat "$2/pids"); do kill -9 "$pid" 2>/dev/null; done; rm -rf "$2"';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Reapers at work; one set of signal handlers serves them all. */
let watched = 0;

/** A host with its own handler decides when it ends; without one, exiting here is the signal's usual effect. */
function onSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) === 1) process.exit(signal === 'SIGINT' ? 130 : signal === 'SIGTERM' ? 143 : 129);
}

export interface Reaper {
  /** Keeps the list of living pids. */
  track(pid: number, isAlive: boolean): void;
  /** Ends the watch; nothing is killed any more. */
  release(): void;
}

/** Watches over the children of this process whose data lie in `directory`. */
export function startReaper(directory: string): Reaper {
  const pids = new Set<number>();
  const pidFile = join(directory, 'pids');
  const save = (): void => {
    try {
      writeFileSync(pidFile, [...pids].join(' '));
    } catch {
      // The directory is deleted at the end of `stop`; a late exit event then has nothing left to note.
    }
  };
  save();
  const watcher = spawn('sh', ['-c', watcherScript, 'clientele-reaper', String(process.pid), directory], {
    detached: true,
    stdio: 'ignore',
  });
  watcher.once('error', () => undefined);
  watcher.unref();

  const onExit = (): void => {
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself.
      }
    }
    watcher.kill('SIGTERM');
    rmSync(directory, { recursive: true, force: true });
  };
  process.once('exit', onExit);
  watched += 1;
  if (watched === 1) for (const signal of signals) process.on(signal, onSignal);

  return {
    track(pid, isAlive) {
      if (isAlive) pids.add(pid);
      else pids.delete(pid);
      save();
    },
    release() {
      process.removeListener('exit', onExit);
      watched -= 1;
      if (watched === 0) for (const signal of signals) process.removeListener(signal, onSignal);
      watcher.kill('SIGTERM');
    },
  };
}
