/**
 * Finds the command, runs it and turns what it throws into an exit code and one message.
 * Commands are loaded when they are asked for, so that `--help` needs neither a broker's client nor a model.
 */
import { suggestion } from '../domain/nearest.ts';
import { type Command, type CommandContext, type ExitCode, UsageError, exitCodes, line } from './frame.ts';
import { packageVersion } from './version.ts';

interface Entry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<{ readonly command: Command }>;
}

/** Every command, in the order of `--help`; the summaries equal those of the commands. */
export const commands: readonly Entry[] = [
  { name: 'run', summary: 'the service: reads events, publishes tier changes', load: () => import('./run.ts') },
  {
    name: 'topics',
    summary: 'topics, their settings and their schemas: plan, apply, check',
    load: () => import('./topics.ts'),
  },
  { name: 'import', summary: 'CSV files to events on the input topics', load: () => import('./import.ts') },
  { name: 'fit', summary: 'purchase history to a model file, with a report', load: () => import('./fit.ts') },
  { name: 'model', summary: 'the model file: check, show, diff', load: () => import('./model.ts') },
  {
    name: 'replay',
    summary: 'history through the core, without a service: every transition',
    load: () => import('./replay.ts'),
  },
  {
    name: 'explain',
    summary: 'why a customer stands where they stand: ask a service, or history files',
    load: () => import('./explain.ts'),
  },
  {
    name: 'alerts',
    summary: 'the work list: churn alerts that are open, or since a day; how past ones came out',
    load: () => import('./alerts.ts'),
  },
  { name: 'dlq', summary: 'dead letters: list, show, replay', load: () => import('./dlq.ts') },
  {
    name: 'pause',
    summary: 'lets a task of a running service take nothing more',
    load: async () => ({ command: (await import('./task-pause.ts')).pause }),
  },
  {
    name: 'resume',
    summary: 'lets a paused task go on',
    load: async () => ({ command: (await import('./task-pause.ts')).resume }),
  },
  {
    name: 'reset',
    summary: 'moves the positions of an input, with the service stopped',
    load: () => import('./reset.ts'),
  },
  {
    name: 'doctor',
    summary: 'checks everything a service needs, one line each with the fix',
    load: () => import('./doctor.ts'),
  },
];

/** Errors that name their exit code, by their `name`: they may come from any room. */
const codesByError: Readonly<Record<string, ExitCode>> = {
  UsageError: exitCodes.usage,
  MappingError: exitCodes.usage,
  ConfigError: exitCodes.usage,
  ModelFileError: exitCodes.usage,
  FailedError: exitCodes.failed,
  DrainDeadlineError: exitCodes.failed,
  FencedError: exitCodes.failed,
  UnavailableError: exitCodes.unavailable,
  AccessDeniedError: exitCodes.unavailable,
  SchemaMissingError: exitCodes.unavailable,
  DataRefusedError: exitCodes.refused,
};

/** Runs one command line (without node and script) and returns its exit code; never rejects. */
export async function runCommand(argv: readonly string[], context: CommandContext): Promise<ExitCode> {
  try {
    return await dispatch(argv, context);
  } catch (error) {
    return report(error, argv[0], context);
  }
}

async function dispatch(argv: readonly string[], context: CommandContext): Promise<ExitCode> {
  const [name, ...rest] = argv;
  if (name === undefined) {
    line(context.stderr, overview());
    return exitCodes.usage;
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    const topic = rest[0];
    line(context.stdout, topic === undefined ? overview() : (await find(topic)).help);
    return exitCodes.done;
  }
  if (name === '--version' || name === '-v') {
    line(context.stdout, packageVersion());
    return exitCodes.done;
  }
  const command = await find(name);
  if (rest.includes('--help') || rest.includes('-h')) {
    line(context.stdout, command.help);
    return exitCodes.done;
  }
  return command.run(rest, context);
}

async function find(name: string): Promise<Command> {
  const entry = commands.find((candidate) => candidate.name === name);
  if (entry === undefined) {
    const what = name.startsWith('-') ? 'option' : 'command';
    const known = what === 'option' ? ['--help', '--version'] : commands.map((candidate) => candidate.name);
    throw new UsageError(`unknown ${what} ${name}.${suggestion(name, known)}`);
  }
  return (await entry.load()).command;
}

function overview(): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    'clientele <command> [options]',
    '',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'clientele <command> --help says more and gives an example; clientele --version names this build.',
    `Exit codes: ${Object.entries(exitCodes)
      .map(([name, code]) => `${code} ${name}`)
      .join(', ')}.`,
  ].join('\n');
}

/** Says what went wrong in one message; a stack only for what should not be possible. */
function report(error: unknown, command: string | undefined, context: CommandContext): ExitCode {
  const named = error instanceof Error ? codesByError[error.name] : undefined;
  const code = named ?? (isSystemError(error) ? exitCodes.failed : exitCodes.bug);
  if (code === exitCodes.bug) {
    line(context.stderr, `clientele: this is a bug in Clientele; please report it with what follows.`);
    line(context.stderr, error instanceof Error ? (error.stack ?? error.message) : String(error));
    return code;
  }
  const message = error instanceof Error ? error.message : String(error);
  line(context.stderr, `clientele: ${message}`);
  if (error instanceof UsageError || (error instanceof Error && error.name === 'MappingError')) {
    line(context.stderr, `See clientele ${isKnown(command) ? `${command} ` : ''}--help.`);
  }
  return code;
}

function isKnown(command: string | undefined): command is string {
  return commands.some(({ name }) => name === command);
}

/** A file, socket or other thing of the operating system said no. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
