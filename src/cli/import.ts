/**
 * `clientele import`: CSV files to events on an input topic, in event-time order, marked as backfill.
 * Everything is read before anything is written, so a fault of the command line, a file or a row shows first.
 */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createInputEncoder } from '../adapters/avro/input-encoder.ts';
import { schemaText } from '../adapters/avro/types.ts';
import { systemClock } from '../adapters/clock.ts';
import { eventTypes, genericPreset, presets, resolveMapping, type EventType } from '../adapters/csv/mapping.ts';
import { readEvents, type FileEvents, type RefusedRow } from '../adapters/csv/read-events.ts';
import { openImportProducer } from '../adapters/kafka/import-producer.ts';
import { createLogger } from '../adapters/log/logger.ts';
import { loadConfig, type Config } from '../config.ts';
import { runImport } from '../pipeline/import-run.ts';
import type { InputName } from '../pipeline/ports.ts';
import { subjectOf, topicNames } from '../pipeline/topics.ts';
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
import { mappingOptions } from './mapping-options.ts';
import { startProgress } from './progress.ts';
import { kafkaEndpoint, schemaSource } from './transport.ts';

const options = {
  ...mappingOptions,
  rate: { type: 'string' },
  refused: { type: 'string' },
  strict: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

const inputOf: Readonly<Record<EventType, InputName>> = {
  purchase: 'purchases',
  interaction: 'interactions',
  survey: 'surveys',
};

/** Refused rows shown in the report; the rest is for `--refused`. */
const shownRows = 10;

export const command: Command = {
  name: 'import',
  summary: 'CSV files to events on the input topics',
  help: `clientele import <preset|${genericPreset}> <file…> [options]

Reads CSV files (plain or .gz, header line, RFC 4180 quoting), makes an event of each row, sorts all of them by event
time and writes them to the input topic, marked as backfill. Event ids are deterministic (<file stem>:<row number>
unless a column gives them), so importing a file again changes nothing.

Presets: ${Object.keys(presets).join(', ')}; ${genericPreset} takes --map.

A file without customers that has the mapped sku and category columns is a product table: it names the category of the
articles in the other files. completejourney is the transactions of that data set, best with its products beside them:
  clientele import completejourney transactions.csv.gz products.csv.gz
0 pieces for nothing (a coupon, an article taken out again) is a purchase without a line; 0 pieces for money is one.

  --map FIELD=COLUMN,…   customerId and occurredAt are needed; further: amount, orderId, sku, category, quantity,
                         discount (of several columns: a+b), kind, channel, eventId; for surveys score, scaleMin, scaleMax
  --event TYPE           ${eventTypes.join(', ')} (purchase)
  --currency CODE        of every amount (USD); amounts are decimal text, a negative one is a refund
  --time-of-day T        for dates without a time (12:00:00Z)
  --delimiter C          one character, \\t for a tab (,)
  --rate N               events per second (as fast as possible)
  --refused FILE         writes every refused row as file,row,reason
  --strict               writes no event and exits with ${exitCodes.refused} when a row is refused
  --json                 the report as one JSON object

Environment: KAFKA_BROKERS, SCHEMA_REGISTRY_URL, CLIENTELE_TOPIC_PREFIX.

Example:
  clientele import generic orders.csv.gz --map customerId=client,occurredAt=paid_at,amount=total --currency EUR`,
  run: (argv, context) => importFiles(argv, context),
};

async function importFiles(argv: readonly string[], context: CommandContext): Promise<ExitCode> {
  const { values, positionals } = parseOptions(argv, options);
  const [preset, ...names] = positionals;
  if (preset === undefined || names.length === 0) throw new UsageError('import needs a preset and one or more files.');
  const rate = parseRate(values.rate);
  const mapping = resolveMapping(preset, { ...values, timeOfDay: values['time-of-day'] });
  const config = loadConfig(context.env, context.cwd);

  const reading = startProgress({ ...context, stream: context.stderr, label: 'reading', unit: 'rows', total: null });
  const files = await readEvents(
    names.map((name) => resolve(context.cwd, name)),
    mapping,
    (rows) => reading.update(rows),
  );
  if (values.refused !== undefined) await writeRefused(resolve(context.cwd, values.refused), files.refused);
  const report = reportOf(files, `import-${randomBytes(8).toString('hex')}`);
  if (values.strict === true && files.refused.length > 0) {
    print({ ...report, written: 0 }, files.refused, values.json === true, context);
    return exitCodes.refused;
  }
  if (files.events.length === 0) throw new FailedError(`no event in ${files.rows} rows${firstReason(files.refused)}`);
  await write(files, inputOf[mapping.event], report.runId, rate, config, context);
  print(report, files.refused, values.json === true, context);
  return exitCodes.done;
}

function parseRate(text: string | undefined): number | null {
  if (text === undefined) return null;
  const rate = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (rate < 1) throw new UsageError(`--rate ${text} is not a whole number of events per second, 1 or more.`);
  return rate;
}

async function write(
  files: FileEvents,
  input: InputName,
  runId: string,
  rate: number | null,
  config: Config,
  context: CommandContext,
): Promise<void> {
  const clock = systemClock();
  const topic = topicNames(config.topicPrefix)[input];
  const source = schemaSource(config, clock);
  const schemaId = await source.idOf(subjectOf(topic), schemaText(input));
  const logger = createLogger({ level: 'warn', base: { app: config.appId } });
  const target = await openImportProducer(kafkaEndpoint(config, logger), topic);
  try {
    const total = files.events.length;
    const progress = startProgress({ ...context, stream: context.stderr, label: 'importing', unit: 'events', total });
    const encode = createInputEncoder(input, schemaId);
    await runImport({
      events: files.events,
      encode,
      target,
      runId,
      rate,
      clock,
      onProgress: (written) => progress.update(written),
    });
    progress.finish(total);
  } finally {
    await target.close();
  }
}

interface Report {
  readonly runId: string;
  readonly rows: number;
  readonly written: number;
  readonly refused: number;
  /** Articles whose category a product table gave. */
  readonly products: number;
  /** Refused rows by reason, most frequent first. */
  readonly reasons: Readonly<Record<string, number>>;
}

function reportOf(files: FileEvents, runId: string): Report {
  const counts = new Map<string, number>();
  for (const { reason } of files.refused) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const reasons = Object.fromEntries([...counts].sort((left, right) => right[1] - left[1]));
  const { rows, events, refused, products } = files;
  return { runId, rows, written: events.length, refused: refused.length, products, reasons };
}

function print(report: Report, refused: readonly RefusedRow[], json: boolean, context: CommandContext): void {
  if (json) {
    line(context.stdout, JSON.stringify(report));
    return;
  }
  line(
    context.stdout,
    `${report.rows} rows: ${report.written} events written, ${report.refused} rows refused (run ${report.runId})`,
  );
  if (report.products > 0) line(context.stdout, `  categories of ${report.products} articles from a product table`);
  for (const [reason, count] of Object.entries(report.reasons)) line(context.stdout, `  ${count} × ${reason}`);
  for (const { file, row, reason } of refused.slice(0, shownRows))
    line(context.stdout, `  ${file} row ${row}: ${reason}`);
  if (refused.length > shownRows)
    line(context.stdout, `  … ${refused.length - shownRows} more; --refused FILE writes all of them`);
}

function firstReason(refused: readonly RefusedRow[]): string {
  const first = refused[0];
  return first === undefined ? '' : `; row ${first.row}: ${first.reason}`;
}

async function writeRefused(path: string, refused: readonly RefusedRow[]): Promise<void> {
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  const rows = refused.map(({ file, row, reason }) => `${quoted(file)},${row},${quoted(reason)}\n`);
  await writeFile(path, `file,row,reason\n${rows.join('')}`);
}
