/*
 * What is on the broker, told by Kafka's own Java tools in processes of their own: records as a read_committed
 * console consumer sees them, ends of logs, states of transactions. Needs Java on this machine, whoever runs the broker.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { findJava, kafkaJars } from '../../deploy/local-stack/jars.ts';
import { createKafka } from '../../src/adapters/kafka/client.ts';
import { useStack } from './stack.ts';
import type { LogRecord } from './verifier/records.ts';

/** Longest a console consumer may take to reach the end of a small topic on a busy machine. */
const readMsMax = 60_000;

/** High watermark of every partition of every topic that begins with `prefix`, by topic; control records count. */
export async function logEnds(prefix: string): Promise<ReadonlyMap<string, readonly number[]>> {
  const lines = await tool('org.apache.kafka.tools.GetOffsetShell', ['--topic', `${prefix}.*`]);
  const ends = new Map<string, number[]>();
  for (const line of lines) {
    const [, topic, partition, offset] = /^(.+):(\d+):(\d+)$/.exec(line) ?? [];
    if (topic === undefined) continue;
    const list = ends.get(topic) ?? [];
    list[Number(partition)] = Number(offset);
    ends.set(topic, list);
  }
  return ends;
}

/** Transactional ids that begin with `prefix` and have a transaction that has not ended. */
export async function openTransactions(prefix: string): Promise<readonly string[]> {
  const [heading, ...rows] = (await tool('org.apache.kafka.tools.TransactionsCommand', ['list'])).map((line) =>
    line.trim().split(/\s+/),
  );
  const id = heading?.indexOf('TransactionalId') ?? -1;
  const state = heading?.indexOf('TransactionState') ?? -1;
  if (id < 0 || state < 0) throw new Error(`TransactionsCommand list told ${JSON.stringify(heading)}`);
  const ended = new Set(['Empty', 'CompleteCommit', 'CompleteAbort', 'Dead']);
  return rows
    .filter((row) => row[id]?.startsWith(prefix) === true && !ended.has(row[state] ?? ''))
    .map((row) => row[id] ?? '');
}

export interface TransactionState {
  readonly state: string;
  /** `topic-partition` of everything in it. */
  readonly places: readonly string[];
}

/** What the coordinator says of the newest transaction of an id. */
export async function transactionOf(transactionalId: string): Promise<TransactionState> {
  const [heading = '', row = ''] = await tool('org.apache.kafka.tools.TransactionsCommand', [
    ...['describe', '--transactional-id', transactionalId],
  ]);
  const names = heading.split('\t').map((name) => name.trim());
  const cells = row.split('\t').map((cell) => cell.trim());
  const cell = (name: string): string => cells[names.indexOf(name)] ?? '';
  return {
    state: cell('TransactionState'),
    places: cell('TopicPartitions')
      .split(',')
      .filter((place) => place !== ''),
  };
}

async function tool(mainClass: string, args: readonly string[]): Promise<string[]> {
  const stack = useStack();
  const { code, stdout, stderr } = await stack.kafkaTools(mainClass, [
    ...['--bootstrap-server', stack.brokers.join(',')],
    ...args,
  ]);
  if (code !== 0) throw new Error(`${mainClass} ended with ${code}: ${stdout}${stderr}`);
  return stdout.split('\n').filter((line) => line.trim() !== '');
}

/** Everything a read_committed console consumer gets from a topic, up to `ends`; byte for byte. */
export async function readCommitted(topic: string, ends: readonly number[]): Promise<readonly LogRecord[]> {
  if (ends.every((end) => end === 0)) return [];
  const { brokers } = useStack();
  const group = `judge-${randomBytes(8).toString('hex')}`;
  const marks = separators();
  const child = spawn(await findJava(), [
    ...['-Xmx256m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error'],
    ...['-cp', `${await kafkaJars(() => undefined)}/*`, 'org.apache.kafka.tools.consumer.ConsoleConsumer'],
    ...['--bootstrap-server', brokers.join(','), '--topic', topic, '--group', group, '--from-beginning'],
    ...['--isolation-level', 'read_committed', '--command-property', 'auto.commit.interval.ms=100'],
    ...formatted(marks),
  ]);
  const chunks: Buffer[] = [];
  let told = '';
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => (told += chunk.toString()));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  try {
    await atEnd(group, topic, ends, () => child.exitCode === null);
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
  const records = parse(Buffer.concat(chunks), marks);
  const counted = /Processed a total of (\d+) messages/.exec(told)?.[1];
  if (records.length !== Number(counted)) throw new Error(`${records.length} records of ${topic} parsed: ${told}`);
  return records;
}

/** Resolves once the reader's own position, which counts control and aborted records, is the end of every partition. */
async function atEnd(group: string, topic: string, ends: readonly number[], isAlive: () => boolean): Promise<void> {
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const admin = createKafka({ brokers: useStack().brokers, logger: silent }, group).admin();
  await admin.connect();
  try {
    const untilMs = Date.now() + readMsMax;
    for (;;) {
      const positions = ends.map(() => 0);
      // A group's coordinator may still be on its way, most of all on a new broker.
      const [found] = await admin.fetchOffsets({ groupId: group, topics: [topic] }).catch(() => []);
      for (const { partition, offset } of found?.partitions ?? []) positions[partition] = Math.max(0, Number(offset));
      if (positions.join() === ends.join()) return;
      if (!isAlive() || Date.now() > untilMs)
        throw new Error(`the console consumer stands at ${positions.join()} of ${ends.join()} in ${topic}`);
      await sleep(100);
    }
  } finally {
    await admin.disconnect();
  }
}

interface Separators {
  readonly field: Buffer;
  readonly record: Buffer;
  readonly header: Buffer;
  readonly none: Buffer;
}

/** The consumer prints raw bytes; separators nobody could have written make that lossless. */
function separators(): Separators {
  const mark = (): Buffer => Buffer.from(`<${randomBytes(16).toString('hex')}>`);
  return { field: mark(), record: mark(), header: mark(), none: mark() };
}

function formatted({ field, record, header, none }: Separators): string[] {
  const shown = ['partition', 'offset', 'headers', 'key', 'value'].map((what) => `print.${what}=true`);
  const cut = [`key.separator=${String(field)}`, `line.separator=${String(record)}`];
  const properties = [...shown, ...cut, `headers.separator=${String(header)}`, `null.literal=${String(none)}`];
  return properties.flatMap((property) => ['--formatter-property', property]);
}

function parse(output: Buffer, { field, record, header, none }: Separators): LogRecord[] {
  return split(output, record)
    .slice(0, -1)
    .map((line) => {
      const [partition, offset, headers, key, value] = split(line, field);
      if (headers === undefined || key === undefined || value === undefined) throw new Error('a line is incomplete');
      const pairs = split(headers, header).map((pair) => /^([^:]*):(.*)$/s.exec(pair.toString()));
      return {
        partition: Number(String(partition).slice('Partition:'.length)),
        offset: Number(String(offset).slice('Offset:'.length)),
        key: key.equals(none) ? null : key,
        value: value.equals(none) ? null : value,
        headers: Object.fromEntries(pairs.flatMap((pair) => (pair === null ? [] : [[pair[1] ?? '', pair[2] ?? '']]))),
      };
    })
    .sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}

function split(bytes: Buffer, separator: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  let from = 0;
  for (let at = bytes.indexOf(separator); at !== -1; at = bytes.indexOf(separator, from)) {
    parts.push(bytes.subarray(from, at));
    from = at + separator.length;
  }
  parts.push(bytes.subarray(from));
  return parts;
}
