/**
 * What every command shares: its shape, the exit codes, option parsing with clear messages, and the errors that
 * name an exit code. It knows no command and touches neither the process nor the environment.
 */
import type { Writable } from 'node:stream';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { suggestion } from '../domain/nearest.ts';

/** Exit codes of every command; scripts and supervisors may rely on them. */
export const exitCodes = {
  done: 0,
  failed: 1,
  /** Wrong usage or a fault in the configuration. */
  usage: 2,
  /** Broker or registry cannot be reached, or topics are not there. */
  unavailable: 3,
  /** Data refused: an offset gap, an incompatible schema, unequal partition counts, refused rows under --strict. */
  refused: 4,
  /** Our bug: please report it with the stack. */
  bug: 70,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The outside of a command, so that it can be run inside a test. */
export interface CommandContext {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Directory that relative paths start from. */
  readonly cwd: string;
  /** True when stderr is a terminal: progress is then drawn in place. */
  readonly isTTY: boolean;
}

export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What `clientele <name> --help` prints; ends with an example. */
  readonly help: string;
  /** Rejects: UsageError, FailedError, DataRefusedError, ConfigError, UnavailableError; anything else is our bug. */
  run(argv: readonly string[], context: CommandContext): Promise<ExitCode>;
}

/** The command line cannot be understood; the message says what to write instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command did not do what it was asked to, for a reason that is nobody's bug. */
export class FailedError extends Error {
  override readonly name = 'FailedError';
}

type OptionSpecs = NonNullable<ParseArgsConfig['options']>;
type Parsed<T extends OptionSpecs> = ReturnType<
  typeof parseArgs<{ options: T; strict: true; allowPositionals: true; args: string[] }>
>;

/**
 * Parses the options of a command (node:util parseArgs, strict). Throws: UsageError naming the option, with the
 * nearest known one when it looks like a slip. Positionals are allowed; the command checks their number.
 */
export function parseOptions<const T extends OptionSpecs>(argv: readonly string[], options: T): Parsed<T> {
  const args = [...argv];
  for (const token of parseArgs({ args, options, strict: false, allowPositionals: true, tokens: true }).tokens) {
    if (token.kind !== 'option') continue;
    const spec = options[token.name];
    if (spec === undefined) {
      const known = Object.keys(options).map((name) => `--${name}`);
      throw new UsageError(`unknown option ${token.rawName}.${suggestion(token.rawName, known)}`);
    }
    if (spec.type === 'string' && token.value === undefined) throw new UsageError(`${token.rawName} needs a value.`);
    if (spec.type === 'boolean' && token.value !== undefined) throw new UsageError(`${token.rawName} takes no value.`);
  }
  try {
    return parseArgs({ args, options, strict: true, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** Writes one line. */
export function line(stream: Writable, text: string): void {
  stream.write(`${text}\n`);
}
