/**
 * Writes schemas/asyncapi.yaml: every topic, its settings, its headers and its schema, as one AsyncAPI 3 document.
 * Names, settings, levels and who reads or writes come from the code; only sentences and header meanings stand here.
 * Run: `node scripts/generate-asyncapi.ts`.
 */
import { writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { schemaFile, schemaText, type ContractName } from '../src/adapters/avro/types.ts';
import { engineVersion } from '../src/domain/engine.ts';
import { reasonCodes } from '../src/domain/outcome.ts';
import { backfillEndHeader, backfillHeader } from '../src/pipeline/backfill.ts';
import { replayHeader } from '../src/pipeline/dead-letters.ts';
import { inputNames } from '../src/pipeline/ports.ts';
import { topicSpecs, type TopicSpec } from '../src/pipeline/topic-plan.ts';
import { subjectOf, topicDefaults, topicNames, writtenSubjects, type TopicKey } from '../src/pipeline/topics.ts';

/** The generated file. */
export const asyncApiFile = new URL('../schemas/asyncapi.yaml', import.meta.url);

const about: Readonly<Record<TopicKey, string>> = {
  purchases: 'Orders, refunds and cancellations, from the shop.',
  interactions: 'What customers did or were told that is not a purchase, from web, mail and service.',
  surveys: 'Answers to one question each, from the survey tool.',
  privacy: 'Requests to erase a customer, or to stop and resume processing.',
  credits: 'Internal: what a referrer earned through others. Not a contract for anybody else.',
  changelog: 'Internal: states and input positions. Whoever else writes here breaks exactly once; do not read it.',
  tierChanged: 'A customer entered another value tier, and why: what marketing subscribes to.',
  lifecycleChanged: 'A customer entered another stage of the lifecycle.',
  churnAlert: 'An alert that a customer may be lost opened, changed or ended: what retention subscribes to.',
  profile: 'The customer as known now; the newest record per key holds. Null = erased.',
  deadLetters: 'Input records that could not be taken: their original key, value and headers, and the reason.',
};

type Headers = Readonly<Record<string, string>>;

/** What the headers of transitions mean; Profiles have none. */
const eventHeaders: Headers = {
  ce_specversion: 'CloudEvents version: 1.0.',
  ce_id: 'eventId of the transition: the same on every redelivery and replay.',
  ce_source: 'The application id.',
  ce_type: 'Type of the event; it does not follow a topic prefix.',
  ce_subject: 'Customer id.',
  ce_time: 'When it became true (event time), ISO 8601.',
  ce_dataschema: 'Address of the schema in the registry.',
  ce_partitionkey: 'Customer id: records with one key are in order.',
  ce_sequence: 'Position in the gap-free sequence of this customer in this topic.',
  ce_recordedtime: 'When it was said, ISO 8601; differs in a replay.',
  ce_causationid: 'eventId of the input event that caused it; absent when time alone did.',
  ce_traceparent: 'W3C trace context of that input event, where it had one.',
  'content-type': 'application/avro.',
};

/** What the headers of dead letters mean, beside those of the record itself. */
const letterHeaders: Headers = {
  'clientele.reason': `Why it could not be taken: ${reasonCodes.join(', ')}.`,
  'clientele.errors.stage': 'decode = its bytes; validate = what they say.',
  'clientele.errors.topic': 'Topic it was read from.',
  'clientele.errors.partition': 'Partition it was read from.',
  'clientele.errors.offset': 'Offset it was read at.',
  'clientele.errors.timestamp': 'Its broker timestamp, epoch ms.',
  'clientele.errors.app.version': 'Version of Clientele that refused it.',
  'clientele.errors.schema.id': 'Schema id in its value, where that is what is wrong.',
  'clientele.errors.batch.offset': 'Of a batch that cannot be unpacked: its first offset.',
  'clientele.errors.batch.records': 'Of a batch that cannot be unpacked: how many records it claims.',
  'clientele.errors.batch.compression': 'Of a batch that cannot be unpacked: how it is packed.',
  'clientele.errors.key.sha256': 'SHA-256 of a key too large to be repeated.',
  'clientele.errors.key.bytes': 'Size of that key.',
  'clientele.errors.value.sha256': 'SHA-256 of a value too large to be repeated.',
  'clientele.errors.value.bytes': 'Size of that value.',
  'clientele.errors.headers.bytes': 'Size of headers too large to be repeated.',
  'clientele.replay':
    'Of a record sent again by clientele dlq replay, and refused again: the dead letter it was sent from, partition:offset.',
  'clientele.replayed':
    'Of a record without value, which is no dead letter but a mark: the dead letter that was sent again, partition:offset.',
};

/** What a producer of an input may set. */
const inputHeaders: Headers = {
  traceparent: 'W3C trace context; goes on to the transitions this record causes.',
  [backfillHeader]: 'Run id of an import: what this record causes is marked as backfill.',
  [backfillEndHeader]: 'On a record without value, the last of an import in each partition: its run id.',
  [replayHeader]: 'Set by `clientele dlq replay`: id of the dead letter this record was.',
};

const customerKey = { type: 'string', description: 'Customer id, UTF-8, as in the CRM; placed by murmur2.' };
const names = topicNames('');
const written: readonly string[] = [...Object.keys(writtenSubjects(names)), 'deadLetters'];
const read: readonly string[] = inputNames;

/** The document as text: what the file must hold. */
export function currentAsyncApi(): string {
  const head = '# Generated from schemas/*.avsc and the topic settings by scripts/generate-asyncapi.ts; do not edit.\n';
  return head + stringify(document(), { lineWidth: 0, aliasDuplicateObjects: false });
}

function document(): object {
  const each = <T>(make: (spec: TopicSpec) => T) =>
    Object.fromEntries(topicSpecs.map((spec) => [spec.key, make(spec)]));
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Clientele',
      version: engineVersion,
      description:
        'Value tiers, lifecycle and churn of customers, exactly once, on Kafka. Read with isolation.level=read_committed; act once per eventId. What else a consumer should know: docs/INTEGRATION.md.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/avro',
    servers: {
      kafka: {
        host: '{brokers}',
        protocol: 'kafka',
        description: 'Your Kafka, and the schema registry beside it.',
        variables: { brokers: { default: 'localhost:9092', description: 'KAFKA_BROKERS' } },
      },
    },
    channels: each(channel),
    operations: {
      ...operations('receive', read),
      ...operations('send', written),
    },
    components: { messages: each(message) },
  };
}

function channel({ key, settings, compatibility }: TopicSpec): object {
  return {
    address: topicDefaults[key],
    description: about[key],
    messages: { [key]: { $ref: `#/components/messages/${key}` } },
    bindings: {
      kafka: {
        topic: topicDefaults[key],
        topicConfiguration: Object.fromEntries(settings.map(({ name, value }) => [name, settingValue(name, value)])),
        bindingVersion: '0.5.0',
      },
    },
    // How far an operator may depart from each setting: `topics check` says when it is too far.
    'x-setting-rules': Object.fromEntries(settings.map(({ name, rule }) => [name, rule])),
    ...(compatibility === null ? {} : { 'x-schema-subject': { name: subjectOf(topicDefaults[key]), compatibility } }),
  };
}

/** The binding wants numbers as numbers and policies as a list. */
function settingValue(name: string, value: string): unknown {
  if (name === 'cleanup.policy') return [value];
  return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}

function message({ key }: TopicSpec): object {
  const kafka = { key: customerKey, bindingVersion: '0.5.0' };
  const headers = headersOf(key);
  const described = headers === null ? {} : { headers: headersSchema(headers) };
  if (key === 'deadLetters') {
    return {
      ...{ name: 'DeadLetter', summary: about[key], contentType: 'application/octet-stream', ...described },
      // Whatever key the refused record had, none included.
      bindings: { kafka: { bindingVersion: '0.5.0' } },
    };
  }
  const { name, doc } = recordOf(key);
  const framed = { ...kafka, schemaIdLocation: 'payload', schemaIdPayloadEncoding: 'confluent' };
  return {
    ...{ name, summary: doc, contentType: 'application/avro', ...described },
    payload: {
      schemaFormat: 'application/vnd.apache.avro;version=1.9.0',
      schema: { $ref: `./${schemaFile(key).pathname.split('/').at(-1) ?? ''}` },
    },
    // The changelog has keys of its own.
    bindings: { kafka: key === 'changelog' ? { ...framed, key: { type: 'string' } } : framed },
  };
}

function headersOf(key: TopicKey): Headers | null {
  if (key === 'deadLetters') return letterHeaders;
  if (read.includes(key)) return inputHeaders;
  return key === 'tierChanged' || key === 'lifecycleChanged' || key === 'churnAlert' ? eventHeaders : null;
}

function headersSchema(headers: Headers): object {
  const property = ([name, description]: readonly [string, string]) => [name, { type: 'string', description }] as const;
  return { type: 'object', properties: Object.fromEntries(Object.entries(headers).map(property)) };
}

function recordOf(key: ContractName): { readonly name: string; readonly doc: string } {
  const { name, doc } = JSON.parse(schemaText(key)) as Record<'name' | 'doc', string>;
  return { name, doc };
}

function operations(action: 'receive' | 'send', keys: readonly string[]): object {
  const operation = (key: string) => ({
    action,
    channel: { $ref: `#/channels/${key}` },
    messages: [{ $ref: `#/channels/${key}/messages/${key}` }],
  });
  return Object.fromEntries(keys.map((key) => [`${action}.${key}`, operation(key)]));
}

if (import.meta.main) {
  writeFileSync(asyncApiFile, currentAsyncApi());
  console.log(`schemas/asyncapi.yaml: ${topicSpecs.length} channels`);
}
