/**
 * `clientele fit`: purchase history from CSV files to a model file, with a report of how far it can be trusted. Reading
 * history from the input topics is not in this version; nothing is written but the files asked for.
 */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseInstant } from '../adapters/csv/instant.ts';
import { genericPreset, presets, resolveMapping, type FileMapping } from '../adapters/csv/mapping.ts';
import { scanEvents } from '../adapters/csv/read-events.ts';
import { parseModel, readModelFile } from '../adapters/model-file.ts';
import { fitPage } from '../adapters/report/page.ts';
import { isZone } from '../domain/calendar.ts';
import { fitModel, type Fit, type FitRequest } from '../domain/fit/fit.ts';
import { modelText } from '../domain/fit/model-text.ts';
import { PurchaseLogBuilder, type PurchaseLog } from '../domain/fit/purchase-log.ts';
import { checkModel } from '../domain/model-check.ts';
import { currencyDigits } from '../domain/money.ts';
import { weekMs } from '../domain/time.ts';
import { fitJson, type FitSource } from './fit-json.ts';
import { fitText, isoText } from './fit-text.ts';
import {
  exitCodes,
  FailedError,
  line,
  parseOptions,
  UsageError,
  type Command,
  type CommandContext,
  type ExitCode,
} from './frame.ts';
import { mappingOptions } from './mapping-options.ts';
import { startProgress } from './progress.ts';

const options = {
  out: { type: 'string' },
  report: { type: 'string' },
  json: { type: 'boolean' },
  until: { type: 'string' },
  'holdout-until': { type: 'string' },
  'max-alerts-per-1000': { type: 'string' },
  'horizon-weeks': { type: 'string' },
  zone: { type: 'string' },
  ...mappingOptions,
} as const;

export const command: Command = {
  name: 'fit',
  summary: 'purchase history to a model file, with a report',
  help: `clientele fit <preset|${genericPreset}> <file…> [options]

Fits a model to the purchases of CSV files (plain or .gz): MBG/NBD and BG/NBD and Gamma-Gamma by maximum likelihood, the
horizon h, RFM cut points, score anchors and tier lines, clusters, first-timer notices, new-category rates and win-back
where the data suffice. What they do not give is named in the report, with its count and the minimum it needs.

Presets: ${Object.keys(presets).join(', ')}; ${genericPreset} takes --map. --map, --currency, --time-of-day and --delimiter are those of clientele import.

  --out M.yaml              writes the model file; the revision is one above that of the file already there
  --report R.html           writes the report as a page with plots, complete in itself
  --json                    the report as one JSON object
  --until I                 end of the history fitted to; ages run to it (the newest purchase). A date takes --time-of-day
  --holdout-until I         scores what came after --until (to the newest purchase). Without --until the second half of the
                            history, 52 weeks at most, is held out and judged with a model fitted to what came before it
  --max-alerts-per-1000 N   alerts per 1,000 customers and month that can be handled: picks the churn band
  --horizon-weeks W         h, 1 to 104 (fitted: the 90th percentile of the gaps, 4 to 52)
  --zone Z                  IANA zone of the business day (UTC)

Example:
  clientele fit cdnow examples/cdnow/purchases-sample.csv.gz --until 1997-09-30 --holdout-until 1998-06-30 \\
    --horizon-weeks 13 --max-alerts-per-1000 65 --out model.yaml --report report.html`,
  run: (argv, context) => fitFiles(argv, context),
};

type Values = ReturnType<typeof parseOptions<typeof options>>['values'];

/** A holdout shorter than this says nothing about a month. */
const holdoutWeeksMin = 8;
const holdoutWeeksMax = 52;

async function fitFiles(argv: readonly string[], context: CommandContext): Promise<ExitCode> {
  const { values, positionals } = parseOptions(argv, options);
  const [preset, ...names] = positionals;
  if (preset === undefined || names.length === 0) throw new UsageError('fit needs a preset and one or more files.');
  const mapping = resolveMapping(preset, { ...values, timeOfDay: values['time-of-day'] });
  if (mapping.event !== 'purchase')
    throw new UsageError('fit reads purchases; --event purchase is the only one it has a use for.');
  const given = givenIn(values, mapping);
  const { log, source } = await readLog(names, mapping, given.zone, context);
  const request = requestFor(log, given, mapping);
  const progress = startProgress({ ...context, stream: context.stderr, label: 'fitting', unit: 'steps', total: 100 });
  const result = fitModel(log, request, (_, share) => progress.update(Math.round(100 * share)));
  if (!result.ok) throw new FailedError(`too little history until ${isoText(request.until)}: ${result.reason}`);
  progress.update(100);
  const { fit } = result;
  if (values.out !== undefined) await writeModel(resolve(context.cwd, values.out), fit, mapping.currency, given.zone);
  if (values.report !== undefined) {
    await writeFile(resolve(context.cwd, values.report), fitPage(fit, source.currency, isoText));
  }
  if (values.json === true) line(context.stdout, JSON.stringify(fitJson(fit, source)));
  else line(context.stdout, fitText(fit, source));
  return exitCodes.done;
}

/** What the command line says, read and checked before any file is opened. */
interface Given {
  readonly until: number | null;
  readonly holdoutUntil: number | null;
  readonly horizonWeeks: number | null;
  readonly alertsMax: number | null;
  readonly zone: string;
}

function givenIn(values: Values, { timeOfDay }: FileMapping): Given {
  const until = instantIn('--until', values.until, timeOfDay);
  const holdoutUntil = instantIn('--holdout-until', values['holdout-until'], timeOfDay);
  if (holdoutUntil !== null && until === null)
    throw new UsageError('--holdout-until needs --until: where the holdout begins.');
  if (holdoutUntil !== null && until !== null && holdoutUntil <= until) {
    throw new UsageError('--holdout-until must be after --until.');
  }
  const zone = values.zone ?? 'UTC';
  if (!isZone(zone)) throw new UsageError(`--zone ${zone} is not an IANA time zone, such as Europe/Berlin.`);
  return {
    until,
    holdoutUntil,
    horizonWeeks: numberIn('--horizon-weeks', values['horizon-weeks'], /^\d{1,3}$/, 1, 104),
    alertsMax: numberIn('--max-alerts-per-1000', values['max-alerts-per-1000'], /^\d{1,6}(\.\d{1,3})?$/, 0.001, 1e6),
    zone,
  };
}

function instantIn(option: string, text: string | undefined, timeOfDay: string): number | null {
  if (text === undefined) return null;
  const instant = parseInstant(text, timeOfDay);
  if (instant === null)
    throw new UsageError(`${option} ${text} is not a date or an instant with a zone, such as 1997-09-30.`);
  return instant;
}

function numberIn(option: string, text: string | undefined, form: RegExp, low: number, high: number): number | null {
  if (text === undefined) return null;
  const value = form.test(text) ? Number(text) : Number.NaN;
  if (!(value >= low && value <= high))
    throw new UsageError(`${option} ${text} is not a number from ${low} to ${high}.`);
  return value;
}

async function readLog(
  names: readonly string[],
  mapping: FileMapping,
  zone: string,
  context: CommandContext,
): Promise<{ readonly log: PurchaseLog; readonly source: FitSource }> {
  const reading = startProgress({ ...context, stream: context.stderr, label: 'reading', unit: 'rows', total: null });
  const builder = new PurchaseLogBuilder(zone);
  const { rows, refused } = await scanEvents(
    names.map((name) => resolve(context.cwd, name)),
    mapping,
    (event) => {
      if (event.input === 'purchases') builder.add(event.event);
    },
    (read) => reading.update(read),
  );
  const log = builder.build();
  const first = refused[0];
  if (log.at.length === 0) {
    const reason = first === undefined ? '' : `; row ${first.row}: ${first.reason}`;
    throw new FailedError(`no purchase in ${rows} rows${reason}.`);
  }
  const { unplaced } = log;
  return { log, source: { currency: mapping.currency, rows, refusedRows: refused.length, unplaced } };
}

function requestFor(log: PurchaseLog, given: Given, mapping: FileMapping): FitRequest {
  const until = given.until ?? log.endAt;
  const { zone, horizonWeeks, alertsMax } = given;
  const digits = currencyDigits(mapping.currency);
  return { until, holdout: holdoutFor(log, given, until), zone, currencyDigits: digits, horizonWeeks, alertsMax };
}

function holdoutFor(log: PurchaseLog, given: Given, until: number): FitRequest['holdout'] {
  if (given.until !== null) {
    const untilAt = given.holdoutUntil ?? log.endAt;
    return untilAt > until ? { cutAt: until, untilAt } : null;
  }
  const firstAt = log.at.reduce((earliest, at) => Math.min(earliest, at), Infinity);
  const weeks = Math.min(holdoutWeeksMax, Math.floor((until - firstAt) / weekMs / 2));
  return weeks < holdoutWeeksMin ? null : { cutAt: until - weeks * weekMs, untilAt: until };
}

async function writeModel(path: string, fit: Fit, currency: string, zone: string): Promise<void> {
  const text = modelText(fit, {
    revision: nextRevision(path),
    currency,
    currencyDigits: currencyDigits(currency),
    zone,
    untilText: isoText(fit.until),
  });
  const written = parseModel(text, checkModel);
  if (!written.ok) {
    const faults = written.faults.map((fault) => `${fault.path}: ${fault.message}`).join('; ');
    throw new Error(`invariant: the fitted model is refused by the check: ${faults}`);
  }
  await writeFile(path, text);
}

/** One above that of the model already there; a file that is no model is not written over. */
function nextRevision(path: string): number {
  if (!existsSync(path)) return 1;
  const before = readModelFile(path, checkModel);
  if (!before.ok) throw new FailedError(`${path} exists and is no valid model; it is not written over.`);
  return before.model.revision + 1;
}
