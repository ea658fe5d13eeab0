/**
 * `clientele explain <customer>`: why a customer stands where they stand, as a running service tells it, or from history files
 * through the same core. It reads and prints; nothing is sent anywhere.
 */
import { genericPreset, presets } from '../adapters/csv/mapping.ts';
import { explanationAnswer, timelineAnswer } from '../adapters/http/answers.ts';
import type { ServiceAccess } from '../adapters/http/client.ts';
import { comingChanges } from '../domain/coming-changes.ts';
import type { CustomerState } from '../domain/contracts.ts';
import type { InputEvent } from '../domain/event.ts';
import { explain } from '../domain/explain.ts';
import type { Model } from '../domain/model.ts';
import { Replay } from '../domain/replay.ts';
import type { TierTransition } from '../domain/step.ts';
import { dayMs } from '../domain/time.ts';
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
import { fileGroup, instantOption, readHistory } from './history.ts';
import { mappingOptions } from './mapping-options.ts';
import { loadModel, modelPath } from './model-source.ts';
import { ask, serviceAccess, serviceHelp, serviceOptions } from './service-access.ts';

const options = {
  from: { type: 'string' },
  model: { type: 'string' },
  'as-of': { type: 'string' },
  ...mappingOptions,
  ...serviceOptions,
  json: { type: 'boolean' },
} as const;

export const command: Command = {
  name: 'explain',
  summary: 'why a customer stands where they stand: ask a service, or history files',
  help: `clientele explain <customer> --url URL [--token-file F] [--json]
clientele explain <customer> --from <preset|${genericPreset}> <file…> [--model M] [--as-of I] [--json]

Prints the tier and how it came about, the score with every factor's weight, value and points, the tiers' lines and the
points to them, what would keep or lift, and every metric: as a running service knows the customer, judged at task time,
with the tier changes it published lately; or from CSV files (plain or .gz), taken through the same core, and then what would
change within a year if nothing happened, at which instant.

${serviceHelp}

Presets: ${Object.keys(presets).join(', ')}; ${genericPreset} takes --map. --map, --event, --currency, --time-of-day and --delimiter are
those of clientele import.

  --model M     the model file (CLIENTELE_MODEL or ./model.yaml)
  --as-of I     the instant of the judgement, 1998-01-31 (its midnight, UTC) or 1998-01-31T10:00:00Z; later events are not
                taken (the newest event of all the files)
  --json        one JSON object, money in minor units, points in hundredths, instants in epoch ms; with the whole Profile

Examples:
  clientele explain 20873 --url http://127.0.0.1:8090
  clientele explain 20873 --from cdnow examples/cdnow/purchases-sample.csv.gz --model examples/cdnow/model.yaml`,
  run: (argv, context) => explainCustomer(argv, context),
};

/** How far ahead the changes to come are told. */
const comingMs = 365 * dayMs;

async function explainCustomer(argv: readonly string[], context: CommandContext): Promise<ExitCode> {
  const { values, positionals } = parseOptions(argv, options);
  const [customerId, ...names] = positionals;
  if (customerId === undefined) throw new UsageError('explain needs a customer id.');
  if (values.url !== undefined) {
    const others = Object.keys(values).filter((name) => name !== 'url' && name !== 'token-file' && name !== 'json');
    if (others.length > 0 || names.length > 0) throw new UsageError('--url goes with no file and no option of files.');
    return explainAsked(customerId, serviceAccess(values, context), values.json === true, context);
  }
  if (values.from === undefined || names.length === 0) {
    throw new UsageError('explain needs --url URL, or --from <preset> and one or more files.');
  }
  const group = fileGroup(values.from, names, values);
  const asOfGiven = instantOption('--as-of', values['as-of'], '00:00:00Z');
  const model = loadModel(modelPath(values.model, context), context);
  const { events, rows } = await readHistory([group], context);
  const asOf = asOfGiven ?? events.at(-1)?.event.occurredAt ?? 0;
  const own = events.filter(({ event }) => event.customerId === customerId && event.occurredAt <= asOf);
  const told = tell(customerId, own, asOf, model);
  if (told.state === undefined) {
    throw new FailedError(`no event of customer ${customerId}${refusedText(told.refused)} in ${rows} rows.`);
  }
  const explanation = explain(told.state, model, asOf);
  const { transitions, refused } = told;
  const coming = comingChanges(told.state, asOf, asOf + comingMs, model);
  if (values.json === true) line(context.stdout, JSON.stringify({ ...explanation, transitions, refused, coming }));
  else line(context.stdout, explanationText(explanation, transitions, refused, coming));
  return exitCodes.done;
}

/** Two questions to a running service; in between more may have become known. */
async function explainAsked(
  customerId: string,
  access: ServiceAccess,
  isJson: boolean,
  context: CommandContext,
): Promise<ExitCode> {
  const path = `/v1/customers/${encodeURIComponent(customerId)}`;
  const explanation = await ask(access, 'GET', `${path}/explain`, explanationAnswer);
  const changes = await ask(access, 'GET', `${path}/timeline`, timelineAnswer);
  if (explanation === null || changes === null) {
    throw new FailedError(`no event of customer ${customerId} was ever applied.`);
  }
  const transitions = [...changes].reverse();
  if (isJson) line(context.stdout, JSON.stringify({ ...explanation, transitions, refused: {}, coming: null }));
  else line(context.stdout, explanationText(explanation, transitions, {}, null));
  return exitCodes.done;
}

/** What a customer's events, in order, come to. */
interface Told {
  /** Undefined = no event was taken. */
  readonly state: CustomerState | undefined;
  readonly transitions: readonly TierTransition['value'][];
  /** Events a running service would have made dead letters, by reason. */
  readonly refused: Readonly<Record<string, number>>;
}

function tell(customerId: string, events: readonly InputEvent[], asOf: number, model: Model): Told {
  const transitions: TierTransition['value'][] = [];
  const refused = new Map<string, number>();
  const replay = new Replay(model, ({ topic, value }) => {
    if (topic === 'tierChanged') transitions.push(value);
  });
  for (const input of events) {
    const { reason } = replay.take(input);
    if (reason !== null) refused.set(reason, (refused.get(reason) ?? 0) + 1);
  }
  replay.playTo(asOf);
  return { state: replay.states.get(customerId), transitions, refused: Object.fromEntries(refused) };
}

function refusedText(refused: Told['refused']): string {
  const reasons = Object.entries(refused).map(([reason, count]) => `${count} × ${reason}`);
  return reasons.length === 0 ? '' : ` but refused ones (${reasons.join(', ')})`;
}
