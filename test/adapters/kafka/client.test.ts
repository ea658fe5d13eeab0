/** Log lines of kafkajs as ours. */
import { describe, expect, it } from 'vitest';
import { logCreator } from '../../../src/adapters/kafka/client.ts';
import type { logLevel } from 'kafkajs';
import { kafkajs } from '../../../src/adapters/kafka/kafkajs.ts';

type Line = readonly [level: string, event: string, fields: unknown];

function logged(namespace: string, level: logLevel, log: Readonly<Record<string, unknown>>): Line[] {
  const lines: Line[] = [];
  const write = (at: string) => (event: string, fields?: unknown) => lines.push([at, event, fields]);
  const logger = { info: write('info'), warn: write('warn'), error: write('error') };
  const entry = { namespace, level, label: '', log: { timestamp: '', message: 'm', ...log } };
  logCreator(logger)()(entry);
  return lines;
}

describe('logCreator', () => {
  const { ERROR, WARN } = kafkajs.logLevel;

  it('writes one level down, with known fields only', () => {
    const given = { groupId: 'g', error: new Error('e'), key: 'alice', memberAssignment: {}, offset: '3' };
    expect(logged('Runner', ERROR, given)).toEqual([
      ['warn', 'kafka.client', { namespace: 'Runner', message: 'm', error: 'e', groupId: 'g' }],
    ]);
    expect(logged('Runner', WARN, {})).toEqual([['info', 'kafka.client', { namespace: 'Runner', message: 'm' }]]);
  });

  it('leaves out responses with an error code, which are thrown to whoever asked', () => {
    expect(logged('Connection', ERROR, { message: 'Response Fetch(key: 1, version: 11)' })).toEqual([]);
    expect(logged('Connection', ERROR, { message: 'Connection error: refused' })).toHaveLength(1);
  });
});
