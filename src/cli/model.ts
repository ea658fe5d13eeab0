/** `clientele model check`: the model file, judged before a service is started with it. Every fault at once. */
import { resolve } from 'node:path';
import { readModelFile } from '../adapters/model-file.ts';
import { checkModel } from '../domain/model-check.ts';
import { modelHash } from '../domain/model.ts';
import {
  exitCodes,
  line,
  parseOptions,
  UsageError,
  type Command,
  type CommandContext,
  type ExitCode,
} from './frame.ts';

export const command: Command = {
  name: 'model',
  summary: 'the model file: check',
  help: `clientele model check [file] [--json]

Checks a model file (CLIENTELE_MODEL or ./model.yaml unless named) and says its revision and hash, or every fault with its
line. Exit code ${exitCodes.usage} when there is one.

Example:
  clientele model check examples/cdnow/model.yaml`,
  run: (argv, context) => Promise.resolve(check(argv, context)),
};

function check(argv: readonly string[], context: CommandContext): ExitCode {
  const { values, positionals } = parseOptions(argv, { json: { type: 'boolean' } });
  const [action, name, ...rest] = positionals;
  if (action !== 'check') throw new UsageError(`model needs an action: check.`);
  if (rest.length > 0) throw new UsageError(`model check takes one file, and got ${rest.join(' ')} too.`);
  const path = resolve(context.cwd, name ?? context.env['CLIENTELE_MODEL'] ?? './model.yaml');
  const file = readModelFile(path, checkModel);
  if (values.json === true) {
    const result = file.ok ? { ok: true, revision: file.model.revision, hash: modelHash(file.model) } : file;
    line(context.stdout, JSON.stringify(result));
  } else if (file.ok) {
    line(context.stdout, `${path}: revision ${file.model.revision}, hash ${modelHash(file.model)}, no fault`);
  } else {
    for (const { line: at, path: where, message } of file.faults) {
      line(context.stdout, `${path}${at === null ? '' : `:${at}`}: ${where === '' ? '' : `${where} `}${message}`);
    }
  }
  return file.ok ? exitCodes.done : exitCodes.usage;
}
