/**
 * `clientele explain <customer>`: why a customer stands where they stand, from history files through the same core as the
 * service. It reads and prints; nothing is sent anywhere.
 */
import { resolve } from 'node:path';
import { parseInstant } from '../adapters/csv/instant.ts';
import { genericPreset, presets, resolveMapping } from '../adapters/csv/mapping.ts';
import { readEvents } from '../adapters/csv/read-events.ts';
import { isFull } from '../domain/capacity.ts';
import type { CustomerState } from '../domain/contracts.ts';
import type { InputEvent } from '../domain/event.ts';
import { explain } from '../domain/explain.ts';
import type { Model } from '../domain/model.ts';
import { step, type TierTransition } from '../domain/step.ts';
import { validate } from '../domain/validate.ts';
import { explanationText } from './explanation-text.ts';
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
import { loadModel, modelPath } from './model-source.ts';
import { startProgress } from './progress.ts';

const options = {
  from: { type: 'string' },
  model: { type: 'string' },
  'as-of': { type: 'string' },
  ...mappingOptions,
  json: { type: 'boolean' },
} as const;

export const command: Command = {
  name: 'explain',
  summary: 'why a customer stands where they stand, from history files',
  help: `clientele explain <customer> --from <preset|${genericPreset}> <file…> [--model M] [--as-of I] [--json]

Takes the customer's events from CSV files (plain or .gz) through the same core as the service and prints the tier and how
it came about, the score with every factor's weight, value and points, the tiers' lines and the points to them, and every
metric. The tier is the one last told: this version judges at events, so after a long silence the score may already be on
the other side of a line. Asking a running service is not in this version; files only.

Presets: ${Object.keys(presets).join(', ')}; ${genericPreset} takes --map. --map, --event, --currency, --time-of-day and --delimiter are
those of clientele import.

  --model M     the model file (CLIENTELE_MODEL or ./model.yaml)
  --as-of I     the instant of the judgement, 1998-01-31 (its midnight, UTC) or 1998-01-31T10:00:00Z; later events are not
                taken (the newest event of all the files)
  --json        one JSON object, money in minor units, points in hundredths, instants in epoch ms; with the whole Profile

Example:
  clientele explain 20873 --from cdnow examples/cdnow/purchases-sample.csv.gz --model examples/cdnow/model.yaml`,
  run: (argv, context) => explainCustomer(argv, context),
};

async function explainCustomer(argv: readonly string[], context: CommandContext): Promise<ExitCode> {
  const { values, positionals } = parseOptions(argv, options);
  const [customerId, ...names] = positionals;
  if (customerId === undefined) throw new UsageError('explain needs a customer id.');
  if (values.from === undefined || names.length === 0) {
    throw new UsageError('explain needs --from <preset> and one or more files: it does not ask a running service yet.');
  }
  const mapping = resolveMapping(values.from, { ...values, timeOfDay: values['time-of-day'] });
  const asOfGiven = asOfIn(values['as-of']);
  const model = loadModel(modelPath(values.model, context), context);
  const reading = startProgress({ ...context, stream: context.stderr, label: 'reading', unit: 'rows', total: null });
  const files = names.map((name) => resolve(context.cwd, name));
  const { events, rows } = await readEvents(files, mapping, (read) => reading.update(read));
  const asOf = asOfGiven ?? events.at(-1)?.event.occurredAt ?? 0;
  const own = events.filter(({ event }) => event.customerId === customerId && event.occurredAt <= asOf);
  const told = tell(own, model);
  if (told.state === undefined) {
    throw new FailedError(`no event of customer ${customerId}${refusedText(told.refused)} in ${rows} rows.`);
  }
  const explanation = explain(told.state, model, asOf);
  const { transitions, refused } = told;
  if (values.json === true) line(context.stdout, JSON.stringify({ ...explanation, transitions, refused }));
  else line(context.stdout, explanationText(explanation, transitions, refused));
  return exitCodes.done;
}

function asOfIn(text: string | undefined): number | null {
  if (text === undefined) return null;
  const asOf = parseInstant(text, '00:00:00Z');
  if (asOf === null)
    throw new UsageError(`--as-of ${text} is not a date or an instant with a zone, such as 1998-01-31.`);
  return asOf;
}

/** What a customer's events, in order, come to. */
interface Told {
  /** Undefined = no event was taken. */
  readonly state: CustomerState | undefined;
  readonly transitions: readonly TierTransition['value'][];
  /** Events a running service would have made dead letters, by reason. */
  readonly refused: Readonly<Record<string, number>>;
}

function tell(events: readonly InputEvent[], model: Model): Told {
  let state: CustomerState | undefined;
  const transitions: TierTransition['value'][] = [];
  const refused = new Map<string, number>();
  for (const input of events) {
    const { customerId: key, occurredAt: brokerTimestampMs } = input.event;
    const invalid = validate(input, { key, brokerTimestampMs }, model);
    const reason = invalid ?? (isFull(state, input) ? 'limit_exceeded' : null);
    if (reason !== null) {
      refused.set(reason, (refused.get(reason) ?? 0) + 1);
      continue;
    }
    const result = step(state, input, model, { backfillRunId: null });
    state = result.state;
    for (const { topic, value } of result.transitions) if (topic === 'tierChanged') transitions.push(value);
  }
  return { state, transitions, refused: Object.fromEntries(refused) };
}

function refusedText(refused: Told['refused']): string {
  const reasons = Object.entries(refused).map(([reason, count]) => `${count} × ${reason}`);
  return reasons.length === 0 ? '' : ` but refused ones (${reasons.join(', ')})`;
}
