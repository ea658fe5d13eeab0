/**
 * `clientele pause` and `clientele resume`: lets one task of a running service take nothing more, or go on. It lasts as long as
 * the process that has the task keeps it; nothing is written anywhere.
 */
import { pauseAnswer } from '../adapters/http/answers.ts';
import {
  FailedError,
  UsageError,
  exitCodes,
  line,
  parseOptions,
  type Command,
  type CommandContext,
  type ExitCode,
} from './frame.ts';
import { ask, serviceAccess, serviceHelp, serviceOptions } from './service-access.ts';

type Name = 'pause' | 'resume';

const options = { ...serviceOptions, json: { type: 'boolean' } } as const;

const does: Readonly<Record<Name, string>> = {
  pause: `The task takes no more records: what it has taken is committed, look-ups go on, /readyz says so. It is not kept: a
task that moves to another process, or whose process starts again, runs. For a longer halt stop the service.`,
  resume: 'A paused task goes on where it was.',
};

function commandOf(name: Name, summary: string): Command {
  return {
    name,
    summary,
    help: `clientele ${name} PARTITION --url URL [--token-file F] [--json]

${does[name]}

${serviceHelp}
  --json           one JSON object: {"partition","paused"}

Any instance passes the request on to the one that has the task.

Example:
  clientele ${name} 3 --url http://127.0.0.1:8090`,
    run: (argv, context) => run(name, argv, context),
  };
}

/** `clientele pause`. */
export const pause = commandOf('pause', 'lets a task of a running service take nothing more');
/** `clientele resume`. */
export const resume = commandOf('resume', 'lets a paused task go on');

async function run(name: Name, argv: readonly string[], context: CommandContext): Promise<ExitCode> {
  const { values, positionals } = parseOptions(argv, options);
  const [partition = '', ...rest] = positionals;
  if (!/^\d{1,5}$/.test(partition) || rest.length > 0)
    throw new UsageError(`${name} takes the number of one partition.`);
  const access = serviceAccess(values, context);
  const told = await ask(access, 'POST', `/v1/tasks/${partition}/${name}`, pauseAnswer);
  if (told === null) throw new FailedError(`there is no task ${partition}.`);
  if (values.json === true) line(context.stdout, JSON.stringify(told));
  else line(context.stdout, `task ${told.partition} ${told.paused ? 'is paused' : 'goes on'}`);
  return exitCodes.done;
}
