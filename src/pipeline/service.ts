/**
 * The tasks of one process: which it has, as the group assigns them, and the way out. No work happens here.
 *
 * I1 A task is kept, not taken over again, only over consecutive generations; a skipped one means somebody else may
 *    have owned it.
 * I2 Two tasks of one partition never run side by side in this process: the next one starts when the last has ended.
 */
import type { Assignment, GroupHandler, InputName, Slice, StreamName, TaskPhase } from './ports.ts';
import type { RestoreState } from './restore-progress.ts';
import { Task, type TaskDeps, type TaskReading } from './task.ts';

export interface ServiceDeps extends Omit<TaskDeps, 'onFatal'> {
  /** The process must end with this error; called at most once. */
  readonly onFatal: (error: Error) => void;
}

export interface TaskStatus {
  readonly partition: number;
  readonly phase: TaskPhase;
  readonly customers: number;
  /** Null while the task does not run. */
  readonly lag: Readonly<Record<InputName, number>> | null;
  /** Process clock less broker time, ms, when that is too much to fire timers by; else null. */
  readonly skewMs: number | null;
  /** The restore under way; null when there is none. */
  readonly restoring: RestoreState | null;
}

export interface ServiceStatus {
  /** Null before the first assignment. */
  readonly generation: number | null;
  readonly tasks: readonly TaskStatus[];
}

export interface Service {
  status(): ServiceStatus;
  /**
   * What can be told of task `partition`; null unless it runs here *and* the group has confirmed that it is still ours.
   * Use it within the same turn: the next one may be too late.
   */
  reading(partition: number): TaskReading | null;
  /** Lets a task take nothing more, or go on. Returns whether it is here; a later owner knows nothing of it. */
  pause(partition: number, paused: boolean): boolean;
  /**
   * Commits what was taken, ends the tasks and leaves the group. Resolves with true when all was done within
   * `deadlineMs`, with false when the rest was dropped (nothing is lost: it is taken again by the next owner).
   */
  stop(deadlineMs: number): Promise<boolean>;
}

/** Joins the group and runs what it assigns. Rejects when the group cannot be joined. */
export async function startService(deps: ServiceDeps): Promise<Service> {
  const service = new TaskService(deps);
  await deps.consumer.start(service);
  return service;
}

class TaskService implements Service, GroupHandler {
  private readonly deps: ServiceDeps;
  private readonly tasks = new Map<number, Task>();
  /** Ends of tasks that have left, by partition, until they have ended. */
  private readonly leaving = new Map<number, Promise<void>>();
  private generation: number | null = null;
  private failed = false;
  private stopped = false;

  constructor(deps: ServiceDeps) {
    this.deps = deps;
  }

  status(): ServiceStatus {
    const tasks = [...this.tasks.values()].map((task) => ({
      partition: task.partition,
      phase: task.phase,
      customers: task.states.size,
      lag: task.lag(),
      skewMs: task.skewed(),
      restoring: task.restoring(),
    }));
    return { generation: this.generation, tasks: tasks.sort((a, b) => a.partition - b.partition) };
  }

  reading(partition: number): TaskReading | null {
    if (!this.deps.consumer.confirmed()) return null;
    return this.tasks.get(partition)?.reading() ?? null;
  }

  pause(partition: number, paused: boolean): boolean {
    const task = this.tasks.get(partition);
    task?.pause(paused);
    return task !== undefined;
  }

  async stop(deadlineMs: number): Promise<boolean> {
    this.stopped = true;
    const { clock, consumer } = this.deps;
    const timer = new AbortController();
    const drained = Promise.all([...this.tasks.values()].map((task) => task.stop('drain'))).then(() => true);
    const inTime = await Promise.race([drained, clock.sleep(deadlineMs, timer.signal).then(() => false)]);
    timer.abort();
    await consumer.stop();
    return inTime;
  }

  onAssigned(assignment: Assignment): void {
    if (this.stopped) return;
    const { generation, partitions, consecutive } = assignment;
    this.deps.logger.info('group.assigned', { generation, consecutive, partitions: partitions.join(',') });
    this.generation = generation;
    const assigned = new Set(partitions);
    for (const task of [...this.tasks.values()]) {
      if (assigned.has(task.partition) && consecutive && task.phase !== 'stopped') task.keep(generation);
      else this.dismiss(task);
    }
    for (const partition of partitions) if (!this.tasks.has(partition)) this.open(partition, generation);
  }

  onSlice(slice: Slice): void {
    this.tasks.get(slice.partition)?.onSlice(slice);
  }

  onHeartbeat(generation: number): void {
    for (const task of this.tasks.values()) task.onHeartbeat(generation);
  }

  onOutOfRange(stream: StreamName, partition: number, offset: number): void {
    this.tasks.get(partition)?.onOutOfRange(stream, offset);
  }

  onCrash(error: Error): void {
    this.fail(error);
  }

  private open(partition: number, generation: number): void {
    const task = new Task(partition, generation, { ...this.deps, onFatal: (error) => this.fail(error) });
    this.tasks.set(partition, task);
    const before = this.leaving.get(partition) ?? Promise.resolve();
    void before.then(() => task.start());
  }

  private dismiss(task: Task): void {
    this.tasks.delete(task.partition);
    const { partition } = task;
    // Told at once, so that a start that waits for its predecessor finds the task over; awaited in turn.
    const stopped = task.stop('drop');
    const before = this.leaving.get(partition) ?? Promise.resolve();
    const ended: Promise<void> = Promise.all([before, stopped]).then(() => {
      if (this.leaving.get(partition) === ended) this.leaving.delete(partition);
    });
    this.leaving.set(partition, ended);
  }

  private fail(error: Error): void {
    if (this.failed) return;
    this.failed = true;
    this.deps.onFatal(error);
  }
}
