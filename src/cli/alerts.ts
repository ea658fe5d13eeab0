/**
 * `clientele alerts`: the daily work list, read from the churn-alert topic. It asks no service, changes nothing and leaves no
 * position behind.
 */
import { createAlertReader, createScoreboardReader } from '../adapters/avro/outside-reader.ts';
import { readTopic } from '../adapters/kafka/whole-topic.ts';
import type { Scoreboard } from '../domain/contracts.ts';
import { currencyDigits } from '../domain/money.ts';
import type { PlacedRecord } from '../pipeline/dead-letters.ts';
import { memoryKeys } from '../pipeline/memory.ts';
import { scoresOf, scoresText } from './alert-scores.ts';
import { AlertList, alertsCsv, alertsText, type AlertChoice } from './alert-list.ts';
import {
  UsageError,
  exitCodes,
  line,
  parseOptions,
  type Command,
  type CommandContext,
  type ExitCode,
} from './frame.ts';
import { instantOption } from './history.ts';
import { namedInstallation } from './named-installation.ts';
import { startProgress } from './progress.ts';

const options = {
  open: { type: 'boolean' },
  since: { type: 'string' },
  scores: { type: 'boolean' },
  csv: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

export const command: Command = {
  name: 'alerts',
  summary: 'the work list: churn alerts that are open, or since a day; how past ones came out',
  help: `clientele alerts --open|--since D [--csv|--json]
clientele alerts --scores [--json]

Reads the churn-alert topic to its end, committed records only, and lists alerts, the most at stake first: customer, band,
risk (1 - probability of a purchase within h), value at stake, recommended action, control group, when it opened, the last
purchase, when it expires, and what became of it: open, expired, suppressed, or the reason it was resolved for (purchase,
recovered, lost, correction, config, erasure). Nobody may act on a control alert, so it names no action.

  --open       alerts that are open now
  --since D    alerts opened at D or later, whatever became of them: 1998-01-31 (its midnight, UTC) or 1998-01-31T10:00:00Z
  --scores     how the alerts came out whose horizon has ended: hit rate beside what was expected and the Brier score, by
               band; and what treated customers did against those left alone, with 95 % intervals
  --csv        a table with a header; amounts in units of their currency
  --json       one JSON array; money in minor units, instants in epoch ms

Environment: KAFKA_BROKERS, SCHEMA_REGISTRY_URL, CLIENTELE_TOPIC_PREFIX.

Example:
  clientele alerts --open --csv > today.csv`,
  run: (argv, context) => alerts(argv, context),
};

async function alerts(argv: readonly string[], context: CommandContext): Promise<ExitCode> {
  const { values, positionals } = parseOptions(argv, options);
  if (positionals.length > 0) throw new UsageError('alerts takes no argument.');
  if (values.csv === true && values.json === true) throw new UsageError('--csv and --json do not go together.');
  if (values.scores === true && (values.csv === true || values.open === true || values.since !== undefined))
    throw new UsageError('--scores goes with --json only.');
  const choice = values.scores === true ? null : choiceOf(values.open === true, values.since);
  const { endpoint, names, clock, source } = namedInstallation(context);
  const reading = startProgress({ ...context, stream: context.stderr, label: 'reading', unit: 'records', total: null });
  let records = 0;
  const readAll = (topic: string, take: (record: PlacedRecord) => Promise<void>): Promise<void> =>
    readTopic(endpoint, topic, async (record) => {
      await take(record);
      records += 1;
      reading.update(records);
    });
  if (choice === null) {
    const read = createScoreboardReader(source, clock);
    const boards = new Map<number, Scoreboard>();
    await readAll(names.changelog, async ({ key, value, partition }) => {
      if (value !== null && key?.toString() === memoryKeys.scoreboard) boards.set(partition, await read(value));
    });
    const scores = scoresOf([...boards.values()]);
    line(context.stdout, values.json === true ? JSON.stringify(scores) : scoresText(scores));
    return exitCodes.done;
  }
  const list = new AlertList(choice);
  const read = createAlertReader(source, clock);
  await readAll(names.churnAlert, async ({ value }) => {
    if (value !== null) list.take(await read(value));
  });
  const entries = list.entries();
  if (values.json === true) line(context.stdout, JSON.stringify(entries));
  else line(context.stdout, (values.csv === true ? alertsCsv : alertsText)(entries, currencyDigits));
  return exitCodes.done;
}

function choiceOf(open: boolean, since: string | undefined): AlertChoice {
  const at = instantOption('--since', since, '00:00:00Z');
  if (open === (at !== null)) throw new UsageError('alerts takes one of --open and --since D.');
  return at === null ? { kind: 'open' } : { kind: 'since', at };
}
