/*
 * An installation of its own on the shared real broker: topics, schemas, an app id, the commands and services of a
 * user as child processes, purchases from outside, and the evidence for the verifier.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { createInputEncoder } from '../../src/adapters/avro/input-encoder.ts';
import { schemaText } from '../../src/adapters/avro/types.ts';
import { systemClock } from '../../src/adapters/clock.ts';
import { createKafka } from '../../src/adapters/kafka/client.ts';
import { openImportProducer, type ImportProducer } from '../../src/adapters/kafka/import-producer.ts';
import { ConfluentSource } from '../../src/adapters/registry/confluent.ts';
import type { Purchase } from '../../src/domain/contracts.ts';
import type { InputEvent } from '../../src/domain/event.ts';
import { importEvents, runImport } from '../../src/pipeline/import-run.ts';
import { partitionOf } from '../../src/pipeline/murmur2.ts';
import { inputNames, type InputName } from '../../src/pipeline/ports.ts';
import { subjectOf, topicNames, type TopicNames } from '../../src/pipeline/topics.ts';
import { clientele, type Answer } from './command.ts';
import { logEnds, openTransactions, readCommitted } from './kafka-judge.ts';
import { useStack } from './stack.ts';
import { readBatchModel, type BatchModel } from './verifier/model.ts';
import { readChangelog, type LogRecord, type Offsets } from './verifier/records.ts';
import type { Evidence } from './verifier/verify.ts';

const root = join(import.meta.dirname, '../..');
export const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Records of one request. */
const sendRecords = 1_000;

export interface InstallationOptions {
  readonly name: string;
  readonly partitions: number;
  /** False = rings of size 0, so that a double application could not hide. */
  readonly dedupe?: boolean;
  /** Further settings of every service. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A service as a child process; `lines` are its standard output so far, `log` its parsed log lines. */
export interface Running {
  readonly child: ChildProcess;
  readonly lines: readonly string[];
  readonly log: readonly LogLine[];
  /** Rejects when the service ends without having printed a line that begins so. */
  line(start: string): Promise<string>;
  /** The URL of its `ready` line. */
  url(): Promise<string>;
  readonly exited: Promise<number | null>;
  kill(signal: NodeJS.Signals): void;
}

/** A transaction of somebody upstream; ends once, either way. */
export interface OpenTransaction {
  commit(): Promise<void>;
  abort(): Promise<void>;
}

export type LogLine = Readonly<Record<string, unknown>> & { readonly event?: string };

interface Writer {
  readonly target: ImportProducer;
  readonly encode: (event: InputEvent['event']) => Buffer;
}

type Kafka = ReturnType<typeof createKafka>;
type Admin = ReturnType<Kafka['admin']>;
type Consumer = ReturnType<Kafka['consumer']>;

export class Installation {
  readonly prefix: string;
  readonly partitions: number;
  readonly topics: TopicNames;
  model: BatchModel;
  readonly modelPath: string;
  appId: string;
  private readonly settings: Readonly<Record<string, string>>;
  private readonly directory: string;
  private readonly children = new Set<ChildProcess>();
  private readonly writers = new Map<InputName, Promise<Writer>>();
  private purchases: readonly LogRecord[] = [];
  private purchasesEnd = -1;
  private readonly admin: Admin;
  /** Newest committed `m:offsets` by partition, as they come. */
  private readonly committed = new Map<number, Offsets>();
  private watcher: Consumer | null = null;
  private transactions = 0;

  private constructor(options: InstallationOptions) {
    this.prefix = useStack().uniquePrefix(options.name);
    this.admin = this.kafka('admin').admin();
    this.partitions = options.partitions;
    this.topics = topicNames(this.prefix);
    this.appId = `${this.prefix}app`;
    this.settings = options.settings ?? {};
    this.directory = mkdtempSync(join(tmpdir(), 'clientele-eo-'));
    this.modelPath = join(this.directory, 'model.yaml');
    this.writeModel(options.dedupe ?? true);
    this.model = readBatchModel(this.modelPath);
  }

  /** Topics and schemas as `clientele topics apply` makes them. */
  static async create(options: InstallationOptions): Promise<Installation> {
    const installation = new Installation(options);
    await installation.admin.connect();
    await installation.applyTopics();
    return installation;
  }

  private kafka(client: string): Kafka {
    return createKafka({ brokers: useStack().brokers, logger: silent }, `${this.prefix}${client}`);
  }

  private environment(more: Readonly<Record<string, string>>): Record<string, string | undefined> {
    const { brokers, registryUrl } = useStack();
    return {
      PATH: process.env['PATH'],
      KAFKA_BROKERS: brokers.join(','),
      SCHEMA_REGISTRY_URL: registryUrl,
      CLIENTELE_TOPIC_PREFIX: this.prefix,
      CLIENTELE_APP_ID: this.appId,
      CLIENTELE_MODEL: this.modelPath,
      CLIENTELE_HTTP: '127.0.0.1:0',
      CLIENTELE_API: '127.0.0.1:0',
      CLIENTELE_IDLE_COMMIT_MS: '300',
      // What old events do is compared with a batch: with silence told before the next event, it depends on nothing else.
      CLIENTELE_GRACE_MS: 'purchases=3153600000000',
      ...this.settings,
      ...more,
    };
  }

  private writeModel(dedupe: boolean): void {
    const text = readFileSync(join(root, 'examples/cdnow/model.yaml'), 'utf8');
    const rings = /^rings: .*$/m;
    if (!rings.test(text)) throw new Error('the model file has no line `rings:`');
    const off = 'rings: { purchases: 0, interactions: 0, surveys: 0, credits: 0 }';
    writeFileSync(this.modelPath, dedupe ? text : text.replace(rings, off));
  }

  /** A new changelog and app id on the same inputs and outputs, as for a second run over the same history. */
  async startAnew(appId: string, { dedupe }: { readonly dedupe: boolean }): Promise<void> {
    this.appId = `${this.prefix}${appId}`;
    this.writeModel(dedupe);
    this.model = readBatchModel(this.modelPath);
    await this.watcher?.disconnect();
    this.committed.clear();
    const { changelog } = this.topics;
    await this.admin.deleteTopics({ topics: [changelog] });
    await until(async () => !(await this.admin.listTopics()).includes(changelog), 'the changelog is gone');
    await this.applyTopics();
  }

  private async applyTopics(): Promise<void> {
    const args = ['topics', 'apply', '--partitions', String(this.partitions), '--replication-factor', '1'];
    await this.command(args);
    await this.watch();
  }

  /** Follows the changelog, only to know when to look; what is found is judged by Kafka's own tools. */
  private async watch(): Promise<void> {
    this.watcher = this.kafka('watch').consumer({
      groupId: `${this.prefix}watch-${this.appId}`,
      maxWaitTimeInMs: 50,
      allowAutoTopicCreation: false,
    });
    await this.watcher.connect();
    await this.watcher.subscribe({ topics: [this.topics.changelog], fromBeginning: true });
    await this.watcher.run({
      autoCommit: false,
      eachMessage: ({ partition, message: { key, value, offset } }) => {
        if (key?.toString() !== 'm:offsets') return Promise.resolve();
        const entry = readChangelog({ partition, offset: Number(offset), key, value, headers: {} });
        if ('offsets' in entry) this.committed.set(partition, entry.offsets);
        return Promise.resolve();
      },
    });
  }

  /** Newest committed position of an input, by partition; 0 before the first commit. */
  positions(input: InputName = 'purchases'): number[] {
    return this.numbers().map((partition) => this.committed.get(partition)?.positions[input] ?? 0);
  }

  /** End of an input by partition, control records counted. */
  async inputEnds(input: InputName = 'purchases'): Promise<number[]> {
    const found = await this.admin.fetchTopicOffsets(this.topics[input]);
    return this.numbers().map((number) => Number(found.find(({ partition }) => partition === number)?.high ?? -1));
  }

  /** Resolves once every committed position is the end of its input. */
  async settled(limitMs = 60_000): Promise<void> {
    const ends = await Promise.all(inputNames.map((input) => this.inputEnds(input)));
    const reached = (): string => inputNames.map((input) => this.positions(input).join()).join(' ');
    const wanted = ends.map((end) => end.join()).join(' ');
    await until(
      () => reached() === wanted,
      () => `positions ${reached()} of ${wanted}`,
      limitMs,
    );
  }

  private numbers(): number[] {
    return Array.from({ length: this.partitions }, (_, partition) => partition);
  }

  /** Runs a command of the product to its end; returns its standard output. Rejects: unless it ends with 0. */
  async command(args: readonly string[]): Promise<string> {
    const running = this.launch(join(root, 'bin/clientele'), args, {});
    const code = await running.exited;
    if (code !== 0)
      throw new Error(`clientele ${args.join(' ')} ended with ${code ?? '-'}: ${JSON.stringify(running.log)}`);
    return running.lines.join('\n');
  }

  /** Runs a command of the product inside this process; the model file is the installation's. */
  run(args: readonly string[]): Promise<Answer> {
    return clientele(args, this.directory, this.environment({}));
  }

  /** `clientele run`. */
  start(settings: Readonly<Record<string, string>> = {}): Running {
    return this.launch(join(root, 'bin/clientele'), ['run'], settings);
  }

  /** The service that halts at `points`, each `<partition>:<point>:<occurrence>`. */
  startHalting(points: readonly string[]): Running {
    return this.launch(join(root, 'test/support/haltable-run.ts'), [], { HALT_AT: points.join(',') });
  }

  private launch(script: string, args: readonly string[], settings: Readonly<Record<string, string>>): Running {
    const child = spawn(process.execPath, [script, ...args], {
      env: this.environment(settings),
      cwd: root,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.children.add(child);
    const lines: string[] = [];
    const log: LogLine[] = [];
    const waiting = new Map<string, (line: string) => void>();
    createInterface({ input: child.stdout }).on('line', (text) => {
      lines.push(text);
      for (const [start, tell] of waiting) if (text.startsWith(start)) tell(text);
    });
    createInterface({ input: child.stderr }).on('line', (text) => log.push(parseLine(text)));
    const exited = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
    void exited.then(() => this.children.delete(child));
    const line = (start: string): Promise<string> => {
      const known = lines.find((text) => text.startsWith(start));
      if (known !== undefined) return Promise.resolve(known);
      const told = new Promise<string>((resolve) => waiting.set(start, resolve));
      const ended = exited.then((code): never => {
        throw new Error(`ended with ${code ?? '-'} before "${start}": ${JSON.stringify(log.slice(-20))}`);
      });
      return Promise.race([told, ended]);
    };
    const url = async (): Promise<string> => (await line('ready ')).slice('ready '.length);
    return { child, lines, log, line, url, exited, kill: (signal) => child.kill(signal) };
  }

  /** Writes events as a shop would, in order; the broker has them when it resolves. */
  async write(input: InputName, events: readonly InputEvent['event'][]): Promise<void> {
    const { target, encode } = await this.writer(input);
    for (let from = 0; from < events.length; from += sendRecords) {
      const some = events.slice(from, from + sendRecords);
      await target.send(some.map((event) => this.place(event.customerId, encode(event))));
    }
  }

  /** Writes purchases as an import does, marked; without `isEnded` it is left open, and time stands at the last of them. */
  async importPurchases(events: readonly InputEvent[], { isEnded }: { readonly isEnded: boolean }): Promise<void> {
    const { target, encode } = await this.writer('purchases');
    const run = {
      events,
      encode,
      target,
      runId: 'history',
      rate: null,
      clock: systemClock(),
      onProgress: () => undefined,
    };
    await (isEnded ? runImport(run) : importEvents(run));
  }

  /** Writes values of purchases as they are, each to the partition of its key. */
  async writeValues(values: readonly (readonly [customerId: string, value: Buffer])[]): Promise<void> {
    const { target } = await this.writer('purchases');
    await target.send(values.map(([customerId, value]) => this.place(customerId, value)));
  }

  private place(customerId: string, value: Buffer) {
    const key = Buffer.from(customerId);
    return { partition: partitionOf(key, this.partitions), key, value, headers: {} };
  }

  /** Sends purchases in a transaction of an application upstream and leaves it open. */
  async openTransaction(events: readonly Purchase[]): Promise<OpenTransaction> {
    const { encode } = await this.writer('purchases');
    this.transactions += 1;
    const transactionalId = `${this.prefix}upstream-${this.transactions}`;
    const producer = this.kafka(transactionalId).producer({
      transactionalId,
      maxInFlightRequests: 1,
      createPartitioner:
        () =>
        ({ message }) =>
          message.partition ?? -1,
    });
    await producer.connect();
    const transaction = await producer.transaction();
    const messages = events.map((event) => this.place(event.customerId, encode(event)));
    await transaction.send({ topic: this.topics.purchases, messages });
    return {
      commit: () => transaction.commit().then(() => producer.disconnect()),
      abort: () => transaction.abort().then(() => producer.disconnect()),
    };
  }

  private writer(input: InputName): Promise<Writer> {
    const writer = this.writers.get(input) ?? this.openWriter(input);
    this.writers.set(input, writer);
    return writer;
  }

  private async openWriter(input: InputName): Promise<Writer> {
    const { brokers, registryUrl } = useStack();
    const source = new ConfluentSource(registryUrl);
    const schemaId = await source.idOf(subjectOf(this.topics[input]), schemaText(input));
    const target = await openImportProducer({ brokers, logger: silent }, this.topics[input]);
    return { target, encode: createInputEncoder(input, schemaId) };
  }

  /** What Kafka's own tools find; tier changes from the offsets `since` on, by partition, where given. */
  async evidence(since?: readonly number[]): Promise<Evidence> {
    const { topics, partitions } = this;
    const [ends, open] = await Promise.all([logEnds(this.prefix), openTransactions(this.prefix)]);
    const endsOf = (topic: string): readonly number[] => ends.get(topic) ?? [];
    const read = (topic: string): Promise<readonly LogRecord[]> => readCommitted(topic, endsOf(topic));
    // The inputs hardly change between two looks.
    const inputEnd = endsOf(topics.purchases).reduce((sum, end) => sum + end, 0);
    if (this.purchasesEnd !== inputEnd) this.purchases = await read(topics.purchases);
    this.purchasesEnd = inputEnd;
    const [tierChanged, changelog] = await Promise.all([read(topics.tierChanged), read(topics.changelog)]);
    const [profile, deadLetters] = await Promise.all([read(topics.profile), read(topics.deadLetters)]);
    return {
      partitions,
      purchases: this.purchases,
      tierChanged: tierChanged.filter(({ partition, offset }) => offset >= (since?.[partition] ?? 0)),
      changelog,
      profile,
      deadLetters,
      ends: {
        purchases: endsOf(topics.purchases),
        interactions: endsOf(topics.interactions),
        surveys: endsOf(topics.surveys),
      },
      openTransactions: open,
    };
  }

  /** Ends whatever still runs. The topics stay: the broker is thrown away with them. */
  async close(): Promise<void> {
    for (const child of this.children) child.kill('SIGKILL');
    const writers = await Promise.all(this.writers.values());
    await Promise.all([this.watcher?.disconnect(), ...writers.map(({ target }) => target.close())]);
    await this.admin.disconnect();
    rmSync(this.directory, { recursive: true });
  }
}

function parseLine(text: string): LogLine {
  try {
    const line: unknown = JSON.parse(text);
    return typeof line === 'object' && line !== null ? (line as LogLine) : { text };
  } catch {
    return { text };
  }
}

/** Resolves once `holds` does. Rejects after `limitMs` with what was waited for. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string | (() => string),
  limitMs = 60_000,
): Promise<void> {
  const untilMs = Date.now() + limitMs;
  while (!(await holds())) {
    if (Date.now() > untilMs)
      throw new Error(`did not come about within ${limitMs} ms: ${typeof what === 'string' ? what : what()}`);
    await sleep(50);
  }
}
