/** The fault proxy itself, in front of a broker that is a few lines: what it cuts, replaces, drops, holds and counts. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FaultProxy } from './support/fault-proxy.ts';
import {
  apiKeys,
  framed,
  FrameSplitter,
  isCommit,
  readRequest,
  refusePartitions,
  response,
  rewriteBrokers,
  transactionalIdOf,
} from './support/kafka-frames.ts';

const int16 = (value: number): string => (value & 0xffff).toString(16).padStart(4, '0');
const int32 = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');
const text = (value: string): string => int16(value.length) + Buffer.from(value).toString('hex');
const bytes = (...parts: string[]): Buffer => Buffer.from(parts.join(''), 'hex');

function request(apiKey: number, apiVersion: number, correlationId: number, clientId: string, body = ''): Buffer {
  return bytes(int16(apiKey), int16(apiVersion), int32(correlationId), text(clientId), body);
}

/** transactional id, producer id, epoch */
const owner = text('app-3') + '00000000000000ff' + int16(7);

describe('FrameSplitter', () => {
  it('finds the same frames however the stream is cut', () => {
    const frames = [request(26, 1, 1, 'a', owner), request(0, 7, 2, 'b'), Buffer.from('0000')];
    const stream = Buffer.concat(frames.map(framed));
    for (let size = 1; size <= stream.length; size += 1) {
      const splitter = new FrameSplitter();
      const found: Buffer[] = [];
      for (let at = 0; at < stream.length; at += size) found.push(...splitter.push(stream.subarray(at, at + size)));
      expect(found).toEqual(frames);
    }
  });

  it('refuses a stream that is out of step', () => {
    expect(() => new FrameSplitter().push(Buffer.from('GET / HTTP/1.1'))).toThrow('a frame of');
  });
});

describe('readRequest', () => {
  it('reads the header, a client id that is null, and the transactional id where there is one', () => {
    expect(readRequest(request(24, 1, 41, 'app-3', owner))).toMatchObject({
      ...{ apiKey: 24, apiVersion: 1, correlationId: 41, clientId: 'app-3' },
    });
    expect(readRequest(bytes(int16(18), int16(0), int32(1), 'ffff')).clientId).toBeNull();
    expect(transactionalIdOf(readRequest(request(24, 1, 41, 'x', owner)))).toBe('app-3');
    expect(transactionalIdOf(readRequest(request(0, 7, 41, 'x', text('app-3'))))).toBe('app-3');
    expect(transactionalIdOf(readRequest(request(0, 7, 41, 'x', 'ffff')))).toBeNull();
    expect(transactionalIdOf(readRequest(request(1, 11, 41, 'x', owner)))).toBeNull();
  });

  it('tells a commit from an abort', () => {
    expect(isCommit(readRequest(request(26, 1, 1, 'x', `${owner}01`)))).toBe(true);
    expect(isCommit(readRequest(request(26, 1, 1, 'x', `${owner}00`)))).toBe(false);
  });
});

describe('refusePartitions', () => {
  it('names every partition of the request with the error code', () => {
    const places = int32(2) + text('t') + int32(2) + int32(0) + int32(5) + text('uu') + int32(1) + int32(1);
    const refused = refusePartitions(readRequest(request(24, 1, 1, 'x', owner + places)), 51);
    const errors = [text('t'), int32(2), int32(0), int16(51), int32(5), int16(51), text('uu'), int32(1), int32(1)];
    expect(refused.toString('hex')).toBe([int32(0), int32(2), ...errors, int16(51)].join(''));
  });
});

describe('rewriteBrokers', () => {
  const map = new Map([
    ['127.0.0.1:9092', '127.0.0.1:19092'],
    ['other:9093', '127.0.0.1:19093'],
  ]);

  it('replaces every broker of Metadata and the coordinator, and nothing else', () => {
    const broker = (host: string, port: number): string => int32(1) + text(host) + int32(port) + 'ffff';
    const metadata = (first: string, second: string): Buffer => bytes(int32(0), int32(2), first, second, 'abcdef');
    expect(
      rewriteBrokers(
        { apiKey: apiKeys.Metadata, apiVersion: 6 },
        metadata(broker('127.0.0.1', 9092), broker('other', 9093)),
        map,
      ),
    ).toEqual(metadata(broker('127.0.0.1', 19_092), broker('127.0.0.1', 19_093)));
    const coordinator = (port: number): Buffer =>
      bytes(int32(0), int16(0), 'ffff', int32(1), text('127.0.0.1'), int32(port));
    const asked = { apiKey: apiKeys.FindCoordinator, apiVersion: 1 };
    expect(rewriteBrokers(asked, coordinator(9092), map)).toEqual(coordinator(19_092));
    expect(rewriteBrokers({ apiKey: apiKeys.Fetch, apiVersion: 11 }, coordinator(9092), map)).toEqual(
      coordinator(9092),
    );
  });

  it('leaves a coordinator that is not available, and refuses a broker that would be a way around', () => {
    const none = bytes(int32(0), int16(15), 'ffff', int32(-1), text(''), int32(-1));
    expect(rewriteBrokers({ apiKey: apiKeys.FindCoordinator, apiVersion: 2 }, none, map)).toEqual(none);
    const strange = bytes(int32(0), int32(1), int32(1), text('elsewhere'), int32(1), 'ffff');
    expect(() => rewriteBrokers({ apiKey: apiKeys.Metadata, apiVersion: 6 }, strange, map)).toThrow(
      'broker elsewhere:1 is not behind this proxy',
    );
  });
});

describe('FaultProxy', () => {
  let broker: Server;
  let proxy: FaultProxy;
  let client: Socket;
  /** Correlation ids the broker executed, in order. */
  let executed: number[];
  /** Correlation ids the client got an answer to, in order. */
  let answered: number[];

  beforeEach(async () => {
    [executed, answered] = [[], []];
    broker = createServer((socket) => {
      const splitter = new FrameSplitter();
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        for (const frame of splitter.push(chunk)) {
          const { correlationId } = readRequest(frame);
          executed.push(correlationId);
          socket.write(framed(response(correlationId, Buffer.from('done'))));
        }
      });
    });
    await once(broker.listen(0, '127.0.0.1'), 'listening');
    proxy = await FaultProxy.open([`127.0.0.1:${(broker.address() as AddressInfo).port}`]);
    client = connect(Number(proxy.brokers[0]?.split(':')[1]), '127.0.0.1');
    await once(client, 'connect');
    const splitter = new FrameSplitter();
    client.on('error', () => undefined);
    client.on('data', (chunk) => {
      for (const frame of splitter.push(chunk)) answered.push(frame.readInt32BE(0));
    });
  });
  afterEach(async () => {
    client.destroy();
    await proxy.close();
    broker.close();
    expect(proxy.errors).toEqual([]);
  });

  /** The client's connection has ended, in whatever way. */
  const gone = (): Promise<unknown> => new Promise((resolve) => client.once('close', resolve));
  const ask = (correlationId: number, apiKey: number = apiKeys.EndTxn, clientId = 'app-3'): boolean =>
    client.write(framed(request(apiKey, 1, correlationId, clientId, `${owner}01`)));

  it('hits the chosen occurrence of one API, client and transactional id, and counts it', async () => {
    const rule = proxy.rule({ api: 'EndTxn', clientId: /^app-/, transactionalId: 'app-3', from: 2 }, { kind: 'dropResponse' }); // prettier-ignore
    ask(1);
    ask(2, apiKeys.AddPartitionsToTxn);
    ask(3, apiKeys.EndTxn, 'other');
    ask(4);
    ask(5);
    await expect.poll(() => answered).toEqual([1, 2, 3, 5]);
    expect(executed).toEqual([1, 2, 3, 4, 5]);
    expect(rule.seen()).toBe(1);
    expect(proxy.count('EndTxn')).toBe(4);
    expect(proxy.count('EndTxn', 'other')).toBe(1);
  });

  it('drops a request before the broker has it, and drops one way for as long as told', async () => {
    const once = proxy.rule({ api: 'EndTxn' }, { kind: 'dropRequest' });
    const way = proxy.rule({ clientId: 'mute', times: Infinity }, { kind: 'dropRequest' });
    ask(1);
    ask(2);
    ask(3, apiKeys.Heartbeat, 'mute');
    ask(4, apiKeys.Fetch, 'mute');
    await expect.poll(() => way.seen()).toBe(2);
    way.release();
    ask(5, apiKeys.Heartbeat, 'mute');
    await expect.poll(() => answered).toEqual([2, 5]);
    expect(executed).toEqual([2, 5]);
    expect(once.seen()).toBe(1);
  });

  it('holds a request or an answer until it is released, while others pass', async () => {
    const request = proxy.rule({ api: 'EndTxn' }, { kind: 'holdRequest' });
    const answer = proxy.rule({ api: 'EndTxn' }, { kind: 'holdResponse' });
    ask(1);
    ask(2);
    ask(3);
    await expect.poll(() => answered).toEqual([3]);
    expect(executed).toEqual([2, 3]);
    answer.release();
    await expect.poll(() => answered).toEqual([3, 2]);
    request.release();
    await expect.poll(() => answered).toEqual([3, 2, 1]);
    expect([request.seen(), answer.seen()]).toEqual([1, 1]);
  });

  it('brings a held request to the broker although its client has gone, and keeps the answer', async () => {
    const rule = proxy.rule({ api: 'EndTxn' }, { kind: 'holdRequest' });
    ask(1);
    await rule.happened;
    client.destroy();
    await gone();
    expect(executed).toEqual([]);
    rule.release();
    await expect.poll(() => proxy.seen[0]?.answer?.toString()).toBe('done');
    expect(executed).toEqual([1]);
  });

  it('delays, resets before and behind the broker, and answers in its place', async () => {
    proxy.rule({ api: 'EndTxn' }, { kind: 'delayResponse', ms: 50 });
    const instead = proxy.rule({ api: 'AddPartitionsToTxn' }, { kind: 'answer', body: () => Buffer.from('no') });
    ask(1);
    ask(2, apiKeys.AddPartitionsToTxn);
    await expect.poll(() => answered).toEqual([2, 1]);
    expect(executed).toEqual([1]);
    expect(instead.seen()).toBe(1);
    const behind = proxy.rule({ api: 'EndTxn' }, { kind: 'resetResponse' });
    ask(3);
    await gone();
    expect(executed).toEqual([1, 3]);
    expect([answered, behind.seen()]).toEqual([[2, 1], 1]);
  });

  it('resets before the broker has the request', async () => {
    const before = proxy.rule({ api: 'EndTxn' }, { kind: 'resetRequest' });
    ask(1);
    await gone();
    expect([executed, answered, before.seen()]).toEqual([[], [], 1]);
  });
});
