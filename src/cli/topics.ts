/**
 * `clientele topics`: plans, applies and checks the topics and the subjects of an installation. The plan is pure
 * (pipeline/topic-plan.ts); here it is gathered, shown and carried out.
 */
import { schemaText } from '../adapters/avro/types.ts';
import { openTopicAdmin, type TopicAdmin } from '../adapters/kafka/admin.ts';
import { createLogger } from '../adapters/log/logger.ts';
import type { RegistryAdmin } from '../adapters/registry/admin.ts';
import { loadConfig } from '../config.ts';
import { defaultPartitions, isSettled, planTopics, type TopicPlan, type Wanted } from '../pipeline/topic-plan.ts';
import {
  UsageError,
  exitCodes,
  line,
  parseOptions,
  type Command,
  type CommandContext,
  type ExitCode,
} from './frame.ts';
import { look, schemaOf } from './topic-look.ts';
import { kafkaEndpoint, registryAdmin } from './transport.ts';

const options = {
  partitions: { type: 'string' },
  'replication-factor': { type: 'string' },
  json: { type: 'boolean' },
} as const;

const actions = ['plan', 'apply', 'check'] as const;
type Action = (typeof actions)[number];

/** More partitions than a cluster of this kind serves; a larger number is a slip. */
const partitionsMax = 10_000;
/** Copies beyond which a topic only costs. */
const replicationFactorMax = 9;

export const command: Command = {
  name: 'topics',
  summary: 'topics, their settings and their schemas: plan, apply, check',
  help: `clientele topics <${actions.join('|')}> [options]

  plan    shows what apply would do
  apply   shows the plan, then creates topics, sets what differs and registers schemas; what is right stays
          untouched, nothing is ever deleted, shortened or repartitioned
  check   the same look for scripts: exits with ${exitCodes.done} when there is nothing to do, ${exitCodes.refused} when partition counts are
          unequal or a schema is incompatible, ${exitCodes.failed} for any other difference

  --partitions N           of topics to be created (as those that exist, else ${defaultPartitions}). Partitions are the unit of
                           scale and cannot be changed later
  --replication-factor R   copies of topics to be created (3, or as many as there are brokers)
  --json                   the plan as one JSON object: {"create":[],"alter":[],"register":[]}, and "refused" and
                           "notices" where there are any

Environment: KAFKA_BROKERS, SCHEMA_REGISTRY_URL, CLIENTELE_TOPIC_PREFIX.

Example:
  clientele topics apply --partitions 12 --replication-factor 3`,
  run: (argv, context) => topics(argv, context),
};

async function topics(argv: readonly string[], context: CommandContext): Promise<ExitCode> {
  const { values, positionals } = parseOptions(argv, options);
  const action = actionOf(positionals);
  const config = loadConfig(context.env, context.cwd);
  const wanted: Wanted = {
    prefix: config.topicPrefix,
    partitions: count('--partitions', values.partitions, partitionsMax),
    replicationFactor: count('--replication-factor', values['replication-factor'], replicationFactorMax),
  };
  const registry = registryAdmin(config);
  const logger = createLogger({ level: 'error', base: { app: config.appId } });
  const admin = await openTopicAdmin(kafkaEndpoint(config, logger));
  try {
    const plan = planTopics(await look(admin, registry, wanted), wanted);
    print(plan, values.json === true, context);
    if (plan.refused.length > 0) return exitCodes.refused;
    if (action === 'check') return isSettled(plan) ? exitCodes.done : exitCodes.failed;
    if (action === 'apply') await carryOut(plan, admin, registry, values.json === true, context);
    return exitCodes.done;
  } finally {
    await admin.close();
  }
}

function actionOf(positionals: readonly string[]): Action {
  const [given, ...rest] = positionals;
  const action = actions.find((known) => known === given);
  if (action === undefined || rest.length > 0) throw new UsageError(`topics takes one of ${actions.join(', ')}.`);
  return action;
}

function count(option: string, value: string | undefined, max: number): number | null {
  if (value === undefined) return null;
  const parsed = /^\d{1,6}$/.test(value) ? Number(value) : 0;
  if (parsed < 1 || parsed > max) throw new UsageError(`${option} takes a whole number from 1 to ${max}.`);
  return parsed;
}

/** Order: topics before settings before levels before schemas; each step says what it has done. */
async function carryOut(
  plan: TopicPlan,
  admin: TopicAdmin,
  registry: RegistryAdmin,
  isJson: boolean,
  context: CommandContext,
): Promise<void> {
  await admin.create(plan.create);
  for (const topic of new Set(plan.alter.map((alteration) => alteration.topic))) {
    const settings = plan.alter.filter((alteration) => alteration.topic === topic);
    await admin.alter(topic, Object.fromEntries(settings.map(({ setting, to }) => [setting, to])));
  }
  for (const { key, subject, compatibility, setsLevel, registers } of plan.register) {
    if (setsLevel) await registry.setLevel(subject, compatibility);
    if (registers) await registry.register(subject, schemaText(schemaOf(key)));
  }
  if (isJson || isSettled(plan)) return;
  const { create, alter, register } = plan;
  line(
    context.stdout,
    `done: ${create.length} topics created, ${alter.length} settings changed, ${register.length} subjects set up`,
  );
}

function print(plan: TopicPlan, isJson: boolean, context: CommandContext): void {
  const { create, alter, refused, notices } = plan;
  const register = plan.register.map(({ subject, compatibility, setsLevel, registers }) => ({
    subject,
    compatibility,
    setsLevel,
    registers,
  }));
  if (isJson) {
    const extra = { ...(refused.length > 0 ? { refused } : {}), ...(notices.length > 0 ? { notices } : {}) };
    line(context.stdout, JSON.stringify({ create, alter, register, ...extra }));
    return;
  }
  for (const { topic, partitions, replicationFactor, settings } of create) {
    line(context.stdout, `create    ${topic}: partitions ${partitions}, replication factor ${replicationFactor}`);
    for (const [name, value] of Object.entries(settings)) line(context.stdout, `            ${name} = ${value}`);
  }
  for (const { topic, setting, from, to } of alter) {
    line(context.stdout, `alter     ${topic}: ${setting} ${from ?? '(none)'} -> ${to}`);
  }
  for (const { subject, compatibility, setsLevel, registers } of register) {
    const what = [setsLevel ? `level ${compatibility}` : '', registers ? 'schema' : ''].filter((part) => part !== '');
    line(context.stdout, `register  ${subject}: ${what.join(', ')}`);
  }
  for (const notice of notices) line(context.stdout, `notice    ${notice}`);
  for (const reason of refused) line(context.stderr, `refused   ${reason}`);
  if (isSettled(plan)) line(context.stdout, 'nothing to do: topics and subjects are as they should be');
}
