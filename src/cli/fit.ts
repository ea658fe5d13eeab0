/**
 * `clientele fit`: purchase history, from CSV files or the purchases topic, to a model file, with a report of how far it
 * can be trusted. Nothing is written but the files asked for.
 */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { genericPreset, presets, resolveMapping, type FileMapping } from '../adapters/csv/mapping.ts';
import { parseModel, readModelFile } from '../adapters/model-file.ts';
import { fitPage } from '../adapters/report/page.ts';
import { isZone } from '../domain/calendar.ts';
import { fitModel, type Fit, type FitRequest } from '../domain/fit/fit.ts';
import { modelText } from '../domain/fit/model-text.ts';
import type { PurchaseLog } from '../domain/fit/purchase-log.ts';
import { checkModel } from '../domain/model-check.ts';
import { currencyDigits } from '../domain/money.ts';
import { weekMs } from '../domain/time.ts';
import { fitJson } from './fit-json.ts';
import { readFiles, readPurchasesTopic } from './fit-source.ts';
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
import { instantOption } from './history.ts';
import { mappingOptions } from './mapping-options.ts';
import { startProgress } from './progress.ts';

const options = {
  topics: { type: 'boolean' },
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
clientele fit --topics [options]

Fits a model to the purchases of CSV files (plain or .gz) or of the purchases topic: MBG/NBD and BG/NBD and Gamma-Gamma by maximum likelihood, the
horizon h, RFM cut points, score anchors and tier lines, clusters, first-timer notices, new-category rates and win-back
where the data suffice. What they do not give is named in the report, with its count and the minimum it needs.

Presets: ${Object.keys(presets).join(', ')}; ${genericPreset} takes --map. --map, --currency, --time-of-day and --delimiter are those of clientele import.

  --topics                  reads the purchases topic as committed now, each event id once, amounts in --currency (USD);
                            KAFKA_BROKERS, SCHEMA_REGISTRY_URL and CLIENTELE_TOPIC_PREFIX say where
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
  const { mapping, names } = sourceIn(values, positionals);
  const given = givenIn(values, mapping);
  const { log, source } =
    names === null
      ? await readPurchasesTopic(mapping.currency, given.zone, context)
      : await readFiles(names, mapping, given.zone, context);
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

/** Files and what their columns mean, or the topic (`names` = null) with the currency and the time of dates. */
function sourceIn(
  values: Values,
  positionals: readonly string[],
): { readonly mapping: FileMapping; readonly names: readonly string[] | null } {
  const [preset, ...names] = positionals;
  const given = { ...values, timeOfDay: values['time-of-day'] };
  if (values.topics === true) {
    if (preset !== undefined) throw new UsageError('fit takes files or --topics, not both.');
    if ((values.map ?? values.event ?? values.delimiter) !== undefined)
      throw new UsageError('--map, --event and --delimiter are about files; --topics has none.');
    // Of a mapping only the currency and the time of dates mean anything here, and every preset has them.
    return { mapping: resolveMapping('cdnow', given), names: null };
  }
  if (preset === undefined || names.length === 0)
    throw new UsageError('fit needs a preset and one or more files, or --topics.');
  const mapping = resolveMapping(preset, given);
  if (mapping.event !== 'purchase')
    throw new UsageError('fit reads purchases; --event purchase is the only one it has a use for.');
  return { mapping, names };
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
  const until = instantOption('--until', values.until, timeOfDay);
  const holdoutUntil = instantOption('--holdout-until', values['holdout-until'], timeOfDay);
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

function numberIn(option: string, text: string | undefined, form: RegExp, low: number, high: number): number | null {
  if (text === undefined) return null;
  const value = form.test(text) ? Number(text) : Number.NaN;
  if (!(value >= low && value <= high))
    throw new UsageError(`${option} ${text} is not a number from ${low} to ${high}.`);
  return value;
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
