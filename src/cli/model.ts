/** `clientele model check|show|diff`: the model file, judged, written out and compared before a service is started with it. */
import { modelYaml, readModelFile } from '../adapters/model-file.ts';
import { checkModel } from '../domain/model-check.ts';
import { diffModels, type ModelDiff } from '../domain/model-diff.ts';
import { plainModel } from '../domain/model-plain.ts';
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
import { findingText, loadModel, modelPath } from './model-source.ts';

export const command: Command = {
  name: 'model',
  summary: 'the model file: check, show, diff',
  help: `clientele model check [file] [--json]
clientele model show [file] [--json]
clientele model diff <before> <after> [--json]

check  says revision and hash, or every fault with its line; warnings are told and do not fail. Exit code ${exitCodes.usage} on a fault.
show   prints the effective model: what the file says, with its preset and every default written out.
diff   compares two files by meaning: path, value before, value after. A default written out or an entry moved to
       another line is no difference. Every difference needs a higher revision: exit code ${exitCodes.failed} when the second file lacks it.

The file of check and show is CLIENTELE_MODEL or ./model.yaml unless named. docs/MODEL.md explains every key.

Examples:
  clientele model check examples/cdnow/model.yaml
  clientele model diff model.yaml model-new.yaml`,
  run: (argv, context) => Promise.resolve(runAction(argv, context)),
};

const actions: Readonly<
  Record<string, (files: readonly string[], isJson: boolean, context: CommandContext) => ExitCode>
> = { check, show, diff };

function runAction(argv: readonly string[], context: CommandContext): ExitCode {
  const { values, positionals } = parseOptions(argv, { json: { type: 'boolean' } });
  const [name = '', ...files] = positionals;
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (action === undefined) throw new UsageError(`model needs an action: ${Object.keys(actions).join(', ')}.`);
  return action(files, values.json === true, context);
}

function check(files: readonly string[], isJson: boolean, context: CommandContext): ExitCode {
  const path = modelPath(oneFile('check', files), context);
  const file = readModelFile(path, checkModel);
  if (isJson) {
    const { ok } = file;
    const result = ok
      ? { ok, revision: file.model.revision, hash: modelHash(file.model), warnings: file.warnings }
      : file;
    line(context.stdout, JSON.stringify(result));
  } else if (file.ok) {
    for (const warning of file.warnings) line(context.stdout, `warning: ${findingText(path, warning)}`);
    line(context.stdout, `${path}: revision ${file.model.revision}, hash ${modelHash(file.model)}, no fault`);
  } else {
    for (const fault of file.faults) line(context.stdout, findingText(path, fault));
  }
  return file.ok ? exitCodes.done : exitCodes.usage;
}

function show(files: readonly string[], isJson: boolean, context: CommandContext): ExitCode {
  const path = modelPath(oneFile('show', files), context);
  const model = loadModel(path, context);
  const plain = plainModel(model);
  if (isJson) line(context.stdout, JSON.stringify(plain));
  else context.stdout.write(`# The effective model of ${path}, hash ${modelHash(model)}\n${modelYaml(plain)}`);
  return exitCodes.done;
}

function diff(files: readonly string[], isJson: boolean, context: CommandContext): ExitCode {
  const [before, after, ...rest] = files;
  if (before === undefined || after === undefined || rest.length > 0) {
    throw new UsageError('model diff takes two files, the one before and the one after.');
  }
  const result = diffModels(
    loadModel(modelPath(before, context), context),
    loadModel(modelPath(after, context), context),
  );
  if (isJson) {
    const differences = result.differences.map(({ path, before = null, after = null }) => ({ path, before, after }));
    line(context.stdout, JSON.stringify({ ...result, differences }));
  } else printDiff(result, context);
  return result.needsRevision ? exitCodes.failed : exitCodes.done;
}

function printDiff(
  { differences, revisionBefore, revisionAfter, needsRevision }: ModelDiff,
  context: CommandContext,
): void {
  for (const { path, before, after } of differences) {
    line(context.stdout, `${path}: ${valueText(before)} → ${valueText(after)}`);
  }
  const count = differences.length === 1 ? '1 difference' : `${differences.length} differences`;
  const revisions = `revision ${revisionBefore} → ${revisionAfter}`;
  const advice = `; give the second file a revision above ${revisionBefore}, else a running service does not take it`;
  line(context.stdout, `${count}, ${revisions}${needsRevision ? advice : ''}`);
}

function valueText(value: unknown): string {
  return value === undefined ? 'not there' : JSON.stringify(value);
}

function oneFile(action: string, files: readonly string[]): string | undefined {
  const [name, ...rest] = files;
  if (rest.length > 0) throw new UsageError(`model ${action} takes one file, and got ${rest.join(' ')} too.`);
  return name;
}
