/**
 * `clientele replay`: history files through the same core as the service, without a broker: every transition a running
 * service would have published, in order. It reads and prints; nothing is sent anywhere.
 */
import { resolve } from 'node:path';
import { eventTypes, genericPreset, presets, resolveMapping } from '../adapters/csv/mapping.ts';
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
import { fileGroup, instantOption, readHistory, type FileGroup, type History } from './history.ts';
import { LineWriter } from './line-writer.ts';
import { mappingOptions } from './mapping-options.ts';
import { loadModel, modelPath } from './model-source.ts';
import { startProgress, type Progress } from './progress.ts';
import { ReplayTally, summaryText } from './replay-summary.ts';
import { readTopicHistory } from './topic-history.ts';
import { csvHeader, lineFormats, transitionLine, type LineFormat } from './transition-lines.ts';

const options = {
  topics: { type: 'boolean' },
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
  summary: 'history through the core, without a service: every transition',
  help: `clientele replay <preset|${genericPreset}> <file…> [--and <preset|${genericPreset}> <file…> …] [--model M] [options]
clientele replay --topics [--model M] [options]

Takes the events of CSV files (plain or .gz), in event-time order, through the same core as the service and writes one JSON
object per transition and line, {"topic","key","value"}, in the order a service would commit them. No broker is needed, and
the same files give the same lines. recordedAt is the instant the replay had reached. Profiles, dead letters and credits
are no lines. Events a service would make dead letters are counted by reason. A table of what came about ends it, on stderr.

Presets: ${Object.keys(presets).join(', ')}; ${genericPreset} takes --map. --map, --event (${eventTypes.join(', ')}), --currency,
--time-of-day and --delimiter are those of clientele import, and hold for the files of their own group: --and begins another.

  --topics        reads the input topics as committed now, in the order a service takes them, a record a service would make a
                  dead letter counted by reason; KAFKA_BROKERS, SCHEMA_REGISTRY_URL and CLIENTELE_TOPIC_PREFIX say where
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
  /** Null = the topics. */
  readonly groups: readonly FileGroup[] | null;
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
  const history =
    given.groups === null ? await readTopicHistory(model, context) : await readHistory(given.groups, context);
  if (history.events.length === 0) {
    const first = history.refused[0];
    throw new FailedError(
      `no event in ${history.rows} ${history.unit}${first === undefined ? '' : `; ${history.unit === 'rows' ? 'row' : 'offset'} ${first.row}: ${first.reason}`}.`,
    );
  }
  const lines = given.outPath === null ? LineWriter.to(context.stdout) : LineWriter.file(given.outPath);
  const total = history.events.length;
  const progress = startProgress({ ...context, stream: context.stderr, label: 'replaying', unit: 'events', total });
  const tally = new ReplayTally();
  const replay = await play(history, given, model, { lines, progress, tally });
  if (given.customerId !== null && !replay.states.has(given.customerId)) {
    throw new FailedError(`no event of customer ${given.customerId} was taken in ${history.rows} ${history.unit}.`);
  }
  const summary = tally.summary(history, replay.states.values());
  if (given.json) line(given.outPath === null ? context.stderr : context.stdout, JSON.stringify(summary));
  else line(context.stderr, summaryText(summary, history.unit));
  return exitCodes.done;
}

function givenIn(argv: readonly string[], context: CommandContext): Given {
  const parsed = splitAt(argv, '--and').map((part) => parseOptions(part, options));
  const values = parsed.map((part) => part.values).reduce((all, own) => ({ ...all, ...own }));
  const groups = values.topics === true ? topicsOnly(parsed) : parsed.map(groupOf);
  const format = lineFormats.find((known) => known === (values.format ?? 'jsonl'));
  if (format === undefined) throw new UsageError(`--format ${values.format ?? ''} is not ${lineFormats.join(' or ')}.`);
  // Of a mapping only the time of dates means anything to the topics, and every preset has it.
  const { timeOfDay } = groups?.[0]?.mapping ?? resolveMapping('cdnow', { timeOfDay: values['time-of-day'] });
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

type Parsed = ReturnType<typeof parseOptions<typeof options>>;

function groupOf({ values, positionals: [preset, ...names] }: Parsed): FileGroup {
  return fileGroup(preset, names, values);
}

function topicsOnly(parsed: readonly Parsed[]): null {
  const isFiles = parsed.some(({ values, positionals }) => {
    const { map, event, currency, delimiter } = values;
    return positionals.length > 0 || (map ?? event ?? currency ?? delimiter) !== undefined;
  });
  if (isFiles || parsed.length > 1)
    throw new UsageError('--topics goes with no file, no --and, --map, --event, --currency and --delimiter.');
  return null;
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

async function play(history: History, given: Given, model: Model, sinks: Sinks): Promise<Replay> {
  const { lines, progress, tally } = sinks;
  const replay = new Replay(model, (transition, at) => {
    if (given.customerId !== null && transition.value.customerId !== given.customerId) return;
    tally.told(transition);
    lines.add(transitionLine(transition, at, given.format));
  });
  if (given.format === 'csv') lines.add(csvHeader);
  let { profiles } = given;
  let done = 0;
  for (const input of history.events) {
    const { occurredAt } = input.event;
    if (given.until !== null && occurredAt > given.until) break;
    if (profiles !== null && occurredAt > profiles.asOf) {
      replay.playTo(profiles.asOf);
      await writeProfiles(replay, model, given, profiles);
      profiles = null;
    }
    tally.took(input, replay.take(input, input.arrival));
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
