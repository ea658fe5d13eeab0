/**
 * `clientele replay`: history files through the same core as the service, without a broker: every transition a running
 * service would have published, in order. It reads and prints; nothing is sent anywhere.
 */
import { resolve } from 'node:path';
import { eventTypes, genericPreset, presets } from '../adapters/csv/mapping.ts';
import type { FileEvents } from '../adapters/csv/read-events.ts';
import type { Model } from '../domain/model.ts';
import { profileOf } from '../domain/profile.ts';
import { Replay } from '../domain/replay.ts';
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
import { fileGroup, instantOption, readHistory, type FileGroup } from './history.ts';
import { LineWriter } from './line-writer.ts';
import { mappingOptions } from './mapping-options.ts';
import { loadModel, modelPath } from './model-source.ts';
import { startProgress, type Progress } from './progress.ts';
import { ReplayTally, summaryText } from './replay-summary.ts';
import { csvHeader, lineFormats, transitionLine, type LineFormat } from './transition-lines.ts';

const options = {
  model: { type: 'string' },
  out: { type: 'string' },
  format: { type: 'string' },
  customer: { type: 'string' },
  'as-of': { type: 'string' },
  profiles: { type: 'string' },
  until: { type: 'string' },
  ...mappingOptions,
  json: { type: 'boolean' },
} as const;

export const command: Command = {
  name: 'replay',
  summary: 'history files through the core without a broker: every transition',
  help: `clientele replay <preset|${genericPreset}> <file…> [--and <preset|${genericPreset}> <file…> …] [--model M] [options]

Takes the events of CSV files (plain or .gz), in event-time order, through the same core as the service and writes one JSON
object per transition and line, {"topic","key","value"}, in the order a service would commit them. No broker is needed, and
the same files give the same lines. recordedAt is the instant the replay had reached. Profiles, dead letters and credits
are no lines. Events a service would make dead letters are counted by reason. A table of what came about ends it, on stderr.

Presets: ${Object.keys(presets).join(', ')}; ${genericPreset} takes --map. --map, --event (${eventTypes.join(', ')}), --currency,
--time-of-day and --delimiter are those of clientele import, and hold for the files of their own group: --and begins another.
History from topics is not in this version; files only.

  --model M       the model file (CLIENTELE_MODEL or ./model.yaml)
  --out F         writes the lines to a file (stdout)
  --format F      ${lineFormats.join(' or ')}; csv is a table of the main columns with a header (jsonl)
  --customer C    only this customer's transitions and Profile
  --until I       plays silence on to that instant, and takes no event after it (the newest event). A date is completed by
                  --time-of-day
  --as-of I --profiles F
                  writes every customer's Profile at that instant to a file, one JSON object per line; what comes after it
                  is replayed all the same, and silence is played on to it
  --json          the table as one JSON object: on stdout with --out, else on stderr

Examples:
  clientele replay cdnow examples/cdnow/purchases-sample.csv.gz --model examples/cdnow/model.yaml --out transitions.jsonl
  clientele replay ${genericPreset} orders.csv --map customerId=client,occurredAt=paid_at,amount=total \\
    --and ${genericPreset} answers.csv --event survey --map customerId=client,occurredAt=at,kind=kind,score=score`,
  run: (argv, context) => replayFiles(argv, context),
};

/** What the command line asks for. */
interface Given {
  readonly groups: readonly FileGroup[];
  readonly modelPath: string;
  readonly outPath: string | null;
  readonly format: LineFormat;
  readonly customerId: string | null;
  readonly profiles: { readonly path: string; readonly asOf: number } | null;
  readonly until: number | null;
  readonly json: boolean;
}

async function replayFiles(argv: readonly string[], context: CommandContext): Promise<ExitCode> {
  const given = givenIn(argv, context);
  const model = loadModel(given.modelPath, context);
  const files = await readHistory(given.groups, context);
  if (files.events.length === 0) {
    const first = files.refused[0];
    throw new FailedError(
      `no event in ${files.rows} rows${first === undefined ? '' : `; row ${first.row}: ${first.reason}`}.`,
    );
  }
  const lines = given.outPath === null ? LineWriter.to(context.stdout) : LineWriter.file(given.outPath);
  const total = files.events.length;
  const progress = startProgress({ ...context, stream: context.stderr, label: 'replaying', unit: 'events', total });
  const tally = new ReplayTally();
  const replay = await play(files, given, model, { lines, progress, tally });
  if (given.customerId !== null && !replay.states.has(given.customerId)) {
    throw new FailedError(`no event of customer ${given.customerId} was taken in ${files.rows} rows.`);
  }
  const summary = tally.summary(files, replay.states.values());
  if (given.json) line(given.outPath === null ? context.stderr : context.stdout, JSON.stringify(summary));
  else line(context.stderr, summaryText(summary));
  return exitCodes.done;
}

function givenIn(argv: readonly string[], context: CommandContext): Given {
  const parsed = splitAt(argv, '--and').map((part) => parseOptions(part, options));
  const groups = parsed.map(({ values, positionals: [preset, ...names] }) => fileGroup(preset, names, values));
  const values = parsed.map((part) => part.values).reduce((all, own) => ({ ...all, ...own }));
  const format = lineFormats.find((known) => known === (values.format ?? 'jsonl'));
  if (format === undefined) throw new UsageError(`--format ${values.format ?? ''} is not ${lineFormats.join(' or ')}.`);
  const timeOfDay = groups[0]?.mapping.timeOfDay ?? '';
  const asOf = instantOption('--as-of', values['as-of'], timeOfDay);
  if ((asOf === null) !== (values.profiles === undefined)) throw new UsageError('--as-of and --profiles go together.');
  const pathOf = (name: string): string => resolve(context.cwd, name);
  return {
    groups,
    modelPath: modelPath(values.model, context),
    outPath: values.out === undefined ? null : pathOf(values.out),
    format,
    customerId: values.customer ?? null,
    profiles: asOf === null || values.profiles === undefined ? null : { path: pathOf(values.profiles), asOf },
    until: instantOption('--until', values.until, timeOfDay),
    json: values.json === true,
  };
}

function splitAt(argv: readonly string[], word: string): readonly (readonly string[])[] {
  const parts: string[][] = [[]];
  for (const argument of argv) {
    if (argument === word) parts.push([]);
    else parts.at(-1)?.push(argument);
  }
  return parts;
}

interface Sinks {
  readonly lines: LineWriter;
  readonly progress: Progress;
  readonly tally: ReplayTally;
}

async function play(files: FileEvents, given: Given, model: Model, sinks: Sinks): Promise<Replay> {
  const { lines, progress, tally } = sinks;
  const replay = new Replay(model, (transition, at) => {
    if (given.customerId !== null && transition.value.customerId !== given.customerId) return;
    tally.told(transition);
    lines.add(transitionLine(transition, at, given.format));
  });
  if (given.format === 'csv') lines.add(csvHeader);
  let { profiles } = given;
  let done = 0;
  for (const input of files.events) {
    const { occurredAt } = input.event;
    if (given.until !== null && occurredAt > given.until) break;
    if (profiles !== null && occurredAt > profiles.asOf) {
      replay.playTo(profiles.asOf);
      await writeProfiles(replay, model, given, profiles);
      profiles = null;
    }
    tally.took(input, replay.take(input));
    done += 1;
    progress.update(done);
    if (lines.isFull) await lines.flush();
  }
  if (profiles !== null) replay.playTo(profiles.asOf);
  if (profiles !== null) await writeProfiles(replay, model, given, profiles);
  if (given.until !== null) replay.playTo(given.until);
  await lines.close();
  progress.finish(done);
  return replay;
}

async function writeProfiles(
  { states }: Replay,
  model: Model,
  { customerId }: Given,
  { path, asOf }: NonNullable<Given['profiles']>,
): Promise<void> {
  const writer = LineWriter.file(path);
  for (const state of states.values()) {
    if (customerId !== null && state.customerId !== customerId) continue;
    writer.add(JSON.stringify(profileOf(state, model, asOf)));
    if (writer.isFull) await writer.flush();
  }
  await writer.close();
}
