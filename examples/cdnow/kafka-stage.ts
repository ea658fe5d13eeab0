/** The demo on a real Kafka: local stack, `topics apply`, the service as a process of its own, a read_committed watcher. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { startStack, type LocalStack } from '../../deploy/local-stack/stack.ts';
import { createInputEncoder } from '../../src/adapters/avro/input-encoder.ts';
import { contractType, schemaText } from '../../src/adapters/avro/types.ts';
import { systemClock } from '../../src/adapters/clock.ts';
import { openImportProducer } from '../../src/adapters/kafka/import-producer.ts';
import { openTail } from '../../src/adapters/kafka/tail.ts';
import { createLogger } from '../../src/adapters/log/logger.ts';
import { ConfluentSource } from '../../src/adapters/registry/confluent.ts';
import { GuardedSource } from '../../src/adapters/registry/guard.ts';
import { runCommand } from '../../src/cli/dispatch.ts';
import { processEnvironment } from '../../src/config.ts';
import type { TierChanged } from '../../src/domain/contracts.ts';
import { subjectOf, topicNames } from '../../src/pipeline/topics.ts';
import { partitions, type RunningService, type Stage, type StageOptions } from './stage.ts';

const root = join(import.meta.dirname, '../..');
/** Longest wait for the service to be ready, ms; a first transaction on a fresh broker takes seconds. */
const readyWithinMs = 60_000;
/** Magic byte and schema id before every value. */
const headerBytes = 5;

/** Rejects: NoProviderError when there is no way to a Kafka on this machine. */
export async function openKafkaStage({ say, modelPath }: StageOptions): Promise<Stage> {
  const stack = await startStack({ need: 'kafka+registry', log: say });
  const prefix = `demo-${randomBytes(4).toString('hex')}-`;
  const environment = {
    ...withoutSettings(processEnvironment()),
    KAFKA_BROKERS: stack.brokers.join(','),
    SCHEMA_REGISTRY_URL: stack.registryUrl,
    CLIENTELE_APP_ID: `${prefix}clientele`,
    CLIENTELE_TOPIC_PREFIX: prefix,
    CLIENTELE_MODEL: modelPath,
    CLIENTELE_HTTP: '127.0.0.1:0',
    CLIENTELE_API: '127.0.0.1:0',
    // The end markers of the import move positions only; the summary should not wait a minute for them.
    CLIENTELE_IDLE_COMMIT_MS: '500',
  };
  try {
    await applyTopics(environment, say);
  } catch (error) {
    await stack.stop();
    throw error;
  }
  const left = stack.provider === 'environment' ? `; topics ${prefix}… are left on it` : '';
  return {
    description: `real Kafka (${stack.provider}), ${partitions} partitions, exactly-once transactions${left}`,
    startService: () => startProcess(environment),
    ...doors(stack, prefix),
    close: () => stack.stop(),
  };
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The caller's own settings of Clientele are not the demo's. */
function withoutSettings(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('CLIENTELE_')));
}

async function applyTopics(environment: Environment, say: (line: string) => void): Promise<void> {
  say(`clientele topics apply --partitions ${partitions} --replication-factor 1`);
  const output = new PassThrough();
  const lines: string[] = [];
  createInterface({ input: output }).on('line', (text) => lines.push(text));
  const argv = ['topics', 'apply', '--partitions', String(partitions), '--replication-factor', '1'];
  const code = await runCommand(argv, { stdout: output, stderr: output, env: environment, cwd: root, isTTY: false });
  if (code !== 0) throw new Error(`topics apply ended with code ${code}:\n${lines.join('\n')}`);
}

/** `clientele run` as a child process, ready. */
function startProcess(environment: Environment): Promise<RunningService> {
  const child = spawn(process.execPath, [join(root, 'bin/clientele'), 'run'], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C in the terminal is the demo's to handle: it ends the service in order.
    detached: true,
  });
  const log: string[] = [];
  createInterface({ input: child.stderr }).on('line', (text) => {
    log.push(text);
    if (log.length > 20) log.shift();
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const failed = exited.then((code): never => {
    throw new Error(`the service ended with code ${code ?? 'none'}:\n${log.join('\n')}`);
  });
  // It ends once in any case; who stops it looks at the code there.
  failed.catch(() => undefined);
  const ready = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (text) => {
      if (text.startsWith('ready ')) resolve(text.slice('ready '.length));
    });
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const code = await exited;
    if (code !== 0) throw new Error(`the service ended with code ${code ?? 'none'}:\n${log.join('\n')}`);
  };
  const late = new AbortController();
  const deadline = systemClock()
    .sleep(readyWithinMs, late.signal)
    .then((): never => {
      throw new Error(`the service was not ready within ${readyWithinMs} ms:\n${log.join('\n')}`);
    });
  deadline.catch(() => undefined);
  return Promise.race([ready, failed, deadline]).then(
    (url) => {
      late.abort();
      return { url, failed, stop };
    },
    (error: unknown) => {
      child.kill('SIGKILL');
      throw error;
    },
  );
}

function doors(stack: LocalStack, prefix: string): Pick<Stage, 'watch' | 'openTarget'> {
  const topics = topicNames(prefix);
  const endpoint = { brokers: stack.brokers, logger: createLogger({ level: 'error', base: { app: 'demo' } }) };
  return {
    watch: async (onChange) => {
      const type = contractType('tierChanged');
      const crash = Promise.withResolvers<never>();
      crash.promise.catch(() => undefined);
      const onValue = ({ value }: { readonly value: Buffer | null }): void => {
        if (value !== null) onChange(type.fromBuffer(value.subarray(headerBytes)) as TierChanged);
      };
      const tail = await openTail(endpoint, topics.tierChanged, onValue, (error) => crash.reject(error));
      return { failed: crash.promise, close: () => tail.close() };
    },
    openTarget: async () => {
      const source = new GuardedSource(new ConfluentSource(stack.registryUrl), systemClock());
      const schemaId = await source.idOf(subjectOf(topics.purchases), schemaText('purchases'));
      const target = await openImportProducer(endpoint, topics.purchases);
      return { target, encode: createInputEncoder('purchases', schemaId), close: () => target.close() };
    },
  };
}
