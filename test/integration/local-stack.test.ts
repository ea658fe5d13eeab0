/** The local stack itself: what other integration tests rely on when they stop, freeze and judge services. */
import { spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { brokerAnswers, registryAnswers } from '../../deploy/local-stack/net.ts';
import { startStack, type LocalStack } from '../../deploy/local-stack/stack.ts';
import { useStack } from '../support/stack.ts';

const schema = { schema: JSON.stringify({ type: 'record', name: 'A', fields: [{ name: 'a', type: 'long' }] }) };

async function registerSchema(registryUrl: string): Promise<number> {
  const response = await fetch(`${registryUrl}/subjects/a-value/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify(schema),
    signal: AbortSignal.timeout(10_000),
  });
  return z.object({ id: z.int() }).parse(await response.json()).id;
}

describe('useStack', () => {
  it('gives a broker whose own tools create and list topics', async () => {
    const stack = useStack();
    const topic = `${stack.uniquePrefix('tools')}topic`;
    const server = ['--bootstrap-server', stack.brokers.join(',')];
    const tool = 'org.apache.kafka.tools.TopicCommand';
    const created = await stack.kafkaTools(tool, [...server, '--create', '--topic', topic, '--partitions', '3']);
    expect(created.code, created.stderr).toBe(0);
    const listed = await stack.kafkaTools(tool, [...server, '--list']);
    expect(listed.stdout.split('\n')).toContain(topic);
  });

  it('answers a failed tool with its exit code, not with a rejection', async () => {
    const stack = useStack();
    const server = ['--bootstrap-server', stack.brokers.join(',')];
    const result = await stack.kafkaTools('org.apache.kafka.tools.TopicCommand', [
      ...server,
      ...['--describe', '--topic', 'no-such-topic'],
    ]);
    expect(result.code).not.toBe(0);
  });
});

describe('startStack', () => {
  let stack: LocalStack;
  beforeAll(async () => {
    stack = await startStack({ need: 'kafka+registry' });
  });
  afterAll(() => stack.stop());

  it('keeps schemas and addresses over a stop and start of the registry', async () => {
    const id = await registerSchema(stack.registryUrl);
    await stack.stopRegistry('SIGKILL');
    expect(await registryAnswers(stack.registryUrl)).toBe(false);
    await stack.startRegistry();
    const response = await fetch(`${stack.registryUrl}/schemas/ids/${id}`, { signal: AbortSignal.timeout(10_000) });
    expect(await response.json()).toMatchObject(schema);
  });

  it('freezes the registry so that it stays connected and answers nothing, then thaws it', async () => {
    await stack.freezeRegistry();
    // A request already inside may still be answered while the threads come to a halt.
    await expect.poll(() => registryAnswers(stack.registryUrl, 1_000), { timeout: 10_000 }).toBe(false);
    await stack.thawRegistry();
    expect(await registryAnswers(stack.registryUrl)).toBe(true);
  });

  it('kills the broker and starts it again on the same address with its topics', async () => {
    const [address = ''] = stack.brokers;
    const tool = 'org.apache.kafka.tools.TopicCommand';
    const server = ['--bootstrap-server', address];
    const created = await stack.kafkaTools(tool, [...server, '--create', '--topic', 'kept', '--partitions', '1']);
    expect(created.code, created.stderr).toBe(0);
    await stack.stopBroker('SIGKILL');
    expect(await brokerAnswers(address)).toBe(false);
    await stack.startBroker();
    expect((await stack.kafkaTools(tool, [...server, '--list'])).stdout).toContain('kept');
  });

  it.runIf(useStack().provider === 'java')(
    'shows the end of the log of a broker that refuses its settings',
    async () => {
      const failed = startStack({ need: 'kafka', properties: { 'num.io.threads': 'many' } });
      const message = await failed.then(
        () => 'it started',
        (error: unknown) => String(error),
      );
      expect(message).toMatch(/the end of its log, \S+broker\.log:[\s\S]*num\.io\.threads/);
      const home = /log, (\S+)\/broker-1\/broker\.log:/.exec(message)?.[1] ?? '';
      expect(existsSync(home)).toBe(true);
      rmSync(home, { recursive: true });
    },
  );
});

describe('run.ts', () => {
  it.runIf(useStack().provider === 'java')(
    'leaves no broker behind when it is killed with a signal nobody can catch',
    async () => {
      const child = spawn(process.execPath, ['deploy/local-stack/run.ts', '--kafka-only'], {
        stdio: ['ignore', 'pipe', 'ignore'],
        env: { ...process.env, CLIENTELE_STACK: 'java' },
      });
      const line = await new Promise<string>((resolve, reject) => {
        child.stdout.setEncoding('utf8').once('data', (text: string) => resolve(text));
        child.once('exit', () => reject(new Error('run.ts ended before it printed its line')));
      });
      const address = /KAFKA_BROKERS=(\S+)/.exec(line)?.[1] ?? '';
      expect(await brokerAnswers(address)).toBe(true);
      child.kill('SIGKILL');
      const deadline = Date.now() + 10_000;
      while ((await brokerAnswers(address)) && Date.now() < deadline) await sleep(100);
      expect(await brokerAnswers(address)).toBe(false);
    },
  );
});

describe('brokerAnswers', () => {
  it('is false for a port that accepts connections and speaks no Kafka', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    expect(await brokerAnswers(`127.0.0.1:${address.port}`, true, 300)).toBe(false);
    expect(await brokerAnswers(`127.0.0.1:${address.port}`, false, 300)).toBe(true);
    server.close();
  });
});
