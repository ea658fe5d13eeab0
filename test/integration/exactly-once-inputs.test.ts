/** Inputs and registry as they come on a real Kafka: aborted transactions upstream, a registry that is away. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { scrapeMetrics } from '../../examples/cdnow/metrics.ts';
import { subjectOf } from '../../src/pipeline/topics.ts';
import { Installation, until, type Running } from '../support/installation.ts';
import { order } from '../support/pipeline-driver.ts';
import { useStack } from '../support/stack.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { avroType } from '../support/verifier/records.ts';
import { verify } from '../support/verifier/verify.ts';

const partitions = 2;
const dayMs = 86_400_000;
const firstDay = Date.UTC(2024, 0, 1);
let installation: Installation;
let written = 0;

/** `count` orders of ten customers, one after the other in event time. */
function orders(count: number) {
  return Array.from({ length: count }, () => {
    written += 1;
    return order(`c${written % 10}`, firstDay + (written * dayMs) / 4, 900 + written * 13, `e${written}`);
  });
}

async function end(service: Running): Promise<void> {
  service.kill('SIGTERM');
  expect(await service.exited).toBe(0);
}

describe('an input that ends in aborted transactions', () => {
  beforeAll(async () => {
    installation = await Installation.create({ name: 'aborted', partitions });
  });
  afterAll(() => installation.close());

  const lag = async (url: string): Promise<number> => (await scrapeMetrics(url)).sum('clientele_lag_records');

  it('is read to its very end: lag 0, positions behind the last control record, nothing aborted applied', async () => {
    await installation.write('purchases', orders(40));
    const committed = await installation.openTransaction(orders(20));
    await committed.commit();
    // The later one ends first: the stock client would deliver its records.
    const first = await installation.openTransaction(orders(20));
    const second = await installation.openTransaction(orders(20));
    await second.abort();
    await first.abort();

    const service = installation.start();
    const url = await service.url();
    await installation.settled();
    await until(async () => (await lag(url)) === 0, 'lag 0 behind what was there at the start');

    // While it is open nothing behind it may be taken; aborted, it is passed.
    const ends = await installation.inputEnds();
    const open = await installation.openTransaction(orders(20));
    await installation.write('purchases', orders(10));
    await until(async () => (await lag(url)) >= 30, 'the open transaction shows as lag');
    await sleep(1_000);
    expect(installation.positions()).toEqual(ends);
    await open.abort();
    await installation.settled();
    const last = await installation.openTransaction(orders(20));
    await last.abort();
    await installation.settled();
    await until(async () => (await lag(url)) === 0, 'lag 0 behind an aborted transaction');
    await end(service);

    const { violations, applied } = verify(await installation.evidence(), installation.model);
    expect(violations).toEqual([]);
    expect(applied).toBe(40 + 20 + 10);
  });
});

describe('a registry that is away for 20 s while a new writer schema arrives', () => {
  let proxy: TcpProxy;
  beforeAll(async () => {
    installation = await Installation.create({ name: 'registry', partitions });
    const { hostname, port } = new URL(useStack().registryUrl);
    proxy = await TcpProxy.open({ host: hostname, port: Number(port) });
  });
  afterAll(async () => {
    await installation.close();
    await proxy.close();
  });

  /** Version 2 of the purchase, as a producer that is ahead of us registers it. */
  async function registerVersion2() {
    const file = join(import.meta.dirname, '../../schemas/purchase.avsc');
    const version1 = z.looseObject({ fields: z.array(z.unknown()) }).parse(JSON.parse(readFileSync(file, 'utf8')));
    const note = { name: 'giftNote', type: ['null', 'string'], default: null };
    const schema = JSON.stringify({ ...version1, fields: [...version1.fields, note] });
    const subject = subjectOf(installation.topics.purchases);
    const response = await fetch(`${useStack().registryUrl}/subjects/${subject}/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ schema }),
    });
    expect(response.status).toBe(200);
    const { id } = z.object({ id: z.int() }).parse(await response.json());
    return { id, type: avroType(schema) };
  }

  it('pauses the task, says so, and goes on where it was: nothing is dead-lettered', async () => {
    const url = new URL(useStack().registryUrl);
    url.host = `127.0.0.1:${proxy.port}`;
    const service = installation.start({ SCHEMA_REGISTRY_URL: url.href });
    const address = await service.url();
    await installation.write('purchases', orders(30));
    await installation.settled();

    const { id, type } = await registerVersion2();
    proxy.set('reset');
    // What is known goes on.
    await installation.write('purchases', orders(30));
    await installation.settled();
    const before = installation.positions();

    const header = Buffer.alloc(5);
    header.writeInt32BE(id, 1);
    const values = orders(30).map((event) => {
      const value = type.toBuffer({ ...event, giftNote: 'with love' });
      return [event.customerId, Buffer.concat([header, value])] as const;
    });
    await installation.writeValues(values);
    await installation.write('purchases', orders(30));
    const outageAt = Date.now();
    const paused = async (): Promise<boolean> => {
      const response = await fetch(`${address}/readyz`);
      return response.status === 503 && (await response.text()).includes('paused');
    };
    await until(paused, 'the service says it is paused');
    await sleep(10_000 - (Date.now() - outageAt));
    proxy.set('hang');
    await sleep(10_000);
    expect(await paused()).toBe(true);
    expect(installation.positions()).toEqual(before);
    expect(proxy.refused.reset).toBeGreaterThan(0);
    expect(proxy.refused.hang).toBeGreaterThan(0);
    expect(service.log.some(({ event }) => event === 'registry.unavailable')).toBe(true);

    proxy.set('pass');
    await installation.settled();
    await until(async () => (await fetch(`${address}/readyz`)).status === 200, 'it is ready again');
    await end(service);
    const { violations, applied } = verify(await installation.evidence(), installation.model, new Map([[id, type]]));
    expect(violations).toEqual([]);
    expect(applied).toBe(30 + 30 + 30 + 30);
  });
});
