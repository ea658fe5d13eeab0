/**
 * A consumer of tier changes and churn alerts, to copy: one JSON line for each thing to act on, once.
 * It imports nothing from Clientele. Run: `KAFKA_BROKERS=… SCHEMA_REGISTRY_URL=… node consumer.ts` (Node 24; npm
 * packages kafkajs 2.2.4 and avsc 5.7.9). Not for compacted topics: kafkajs may stop for good behind an empty batch.
 */
import avro, { type Type, type types } from 'avsc';
import { Kafka, logLevel } from 'kafkajs';

const env = process.env;
const prefix = env['CLIENTELE_TOPIC_PREFIX'] ?? '';
const tierTopic = `${prefix}customer-value.tier-changed.v1`;
const churnTopic = `${prefix}customer-value.churn-alert.v1`;
const registryUrl = env['SCHEMA_REGISTRY_URL'] ?? 'http://localhost:8081';

/** The fields used here. Ignore what you do not know: fields and enum symbols are added over time. */
interface Transition {
  readonly eventId: string;
  readonly customerId: string;
  readonly sequence: number;
  readonly supersedes: string | null;
  readonly backfill: boolean;
  readonly direction?: string;
  readonly currentTier?: { readonly id: string } | null;
  readonly status?: string;
  readonly band?: string;
  readonly control?: boolean;
}

const schemas = new Map<number, Type>();

/** The schema a value was written with, asked for once. */
async function schemaOf(id: number): Promise<Type> {
  const known = schemas.get(id);
  if (known !== undefined) return known;
  const answer = await fetch(`${registryUrl}/schemas/ids/${id}`);
  if (!answer.ok) throw new Error(`schema ${id}: the registry answers ${answer.status}`);
  const { schema } = (await answer.json()) as { schema: string };
  const type = avro.Type.forSchema(JSON.parse(schema) as types.RecordType);
  schemas.set(id, type);
  return type;
}

/** Confluent framing: a zero byte, the schema id in four, then Avro. */
async function decode(value: Buffer): Promise<Transition> {
  if (value[0] !== 0) throw new Error('not in the registry framing');
  return (await schemaOf(value.readInt32BE(1))).fromBuffer(value.subarray(5)) as Transition;
}

/**
 * What was acted on. In memory it is lost with the process: keep it where your effect is, in the same transaction,
 * e.g. a table with eventId as its primary key.
 */
const acted = new Set<string>();

function act(topic: string, transition: Transition): void {
  if (acted.has(transition.eventId)) return;
  acted.add(transition.eventId);
  const { eventId, customerId, sequence, supersedes } = transition;
  const isTier = topic === tierTopic;
  const change = isTier ? transition.direction : transition.status;
  const to = isTier ? (transition.currentTier?.id ?? null) : transition.band;
  // A control group shows what would have happened without you; history is no news.
  const hold = transition.control === true ? 'control' : transition.backfill ? 'backfill' : null;
  console.log(
    JSON.stringify({ about: isTier ? 'tier' : 'churn', customerId, sequence, change, to, hold, supersedes, eventId }),
  );
}

const kafka = new Kafka({ brokers: (env['KAFKA_BROKERS'] ?? 'localhost:9092').split(','), logLevel: logLevel.ERROR });
const consumer = kafka.consumer({
  groupId: env['GROUP_ID'] ?? 'example-typescript',
  readUncommitted: false,
  maxWaitTimeInMs: 500,
});

await consumer.connect();
await consumer.subscribe({ topics: [tierTopic, churnTopic], fromBeginning: true });
await consumer.run({
  eachMessage: async ({ topic, message }) => {
    if (message.value !== null) act(topic, await decode(message.value));
  },
});
process.once('SIGTERM', () => void consumer.disconnect());
