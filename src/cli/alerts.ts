/**
 * `clientele alerts`: the daily work list, read from the churn-alert topic. It asks no service, changes nothing and leaves no
 * position behind.
 */
import { createAlertReader } from '../adapters/avro/alert-reader.ts';
import { systemClock } from '../adapters/clock.ts';
import { readTopic } from '../adapters/kafka/whole-topic.ts';
import { createLogger } from '../adapters/log/logger.ts';
import { ConfluentSource } from '../adapters/registry/confluent.ts';
import { GuardedSource } from '../adapters/registry/guard.ts';
import { loadConfig } from '../config.ts';
import { currencyDigits } from '../domain/money.ts';
import { topicNames } from '../pipeline/topics.ts';
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
import { startProgress } from './progress.ts';

const options = {
  open: { type: 'boolean' },
  since: { type: 'string' },
  csv: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

export const command: Command = {
  name: 'alerts',
  summary: 'the work list: churn alerts that are open, or since a day',
  help: `clientele alerts --open|--since D [--csv|--json]

Reads the churn-alert topic to its end, committed records only, and lists alerts, the most at stake first: customer, band,
risk (1 - probability of a purchase within h), value at stake, recommended action, control group, when it opened, the last
purchase, when it expires, and what became of it: open, expired, suppressed, or the reason it was resolved for (purchase,
recovered, lost, correction, config, erasure). Nobody may act on a control alert, so it names no action.

  --open       alerts that are open now
  --since D    alerts opened at D or later, whatever became of them: 1998-01-31 (its midnight, UTC) or 1998-01-31T10:00:00Z
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
  const list = new AlertList(choiceOf(values.open === true, values.since));
  const config = loadConfig(context.env, context.cwd);
  const clock = systemClock();
  const read = createAlertReader(new GuardedSource(new ConfluentSource(config.schemaRegistryUrl), clock), clock);
  const logger = createLogger({ level: 'error', base: { app: config.appId } });
  const reading = startProgress({ ...context, stream: context.stderr, label: 'reading', unit: 'steps', total: null });
  let steps = 0;
  await readTopic(
    { brokers: config.kafkaBrokers, logger },
    topicNames(config.topicPrefix).churnAlert,
    async (record) => {
      if (record.value !== null) list.take(await read(record.value));
      steps += 1;
      reading.update(steps);
    },
  );
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
