/** The Kafka Connect configuration for webhooks, as far as it can be judged without the sink. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { topicDefaults } from '../../src/pipeline/topics.ts';

const text = readFileSync(join(import.meta.dirname, '../../deploy/connect/clientele-webhooks.json'), 'utf8');
const { config } = z
  .strictObject({ name: z.string(), config: z.record(z.string(), z.string()) })
  .parse(JSON.parse(text));

/** Settings of Connect itself, and of the sink's documentation (docs/sink-connector-config-options.rst). */
const ofConnect =
  /^(?:connector\.class|tasks\.max|topics|errors\.tolerance|(?:key|value)\.converter|value\.converter\.schema\.registry\.url|consumer\.override\.(?:isolation\.level|auto\.offset\.reset))$/;
const ofSink = new Set([
  ...['http.url', 'http.authorization.type', 'http.headers.authorization', 'http.headers.content.type'],
  ...['http.headers.additional', 'http.timeout', 'batching.enabled', 'batch.max.size', 'batch.prefix', 'batch.suffix'],
  ...['batch.separator', 'kafka.retry.backoff.ms', 'max.retries', 'retry.backoff.ms'],
]);

describe('clientele-webhooks.json', () => {
  it('posts the transitions that somebody acts on', () => {
    expect(config['topics']?.split(',')).toEqual([topicDefaults.tierChanged, topicDefaults.churnAlert]);
  });

  it('reads what is committed, in the key and value the topics have', () => {
    expect(config).toMatchObject({
      'consumer.override.isolation.level': 'read_committed',
      'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
      'value.converter': 'io.confluent.connect.avro.AvroConverter',
    });
  });

  it('uses settings that Connect or the sink knows', () => {
    expect(Object.keys(config).filter((name) => !ofConnect.test(name) && !ofSink.has(name))).toEqual([]);
  });

  it('holds no secret and posts to no plain address', () => {
    expect(config['http.headers.authorization']).toMatch(/^\$\{env:[A-Z_]+\}$/);
    expect(config['http.url']).toMatch(/^https:/);
  });

  it('stops rather than skip', () => {
    expect(config['errors.tolerance']).toBe('none');
  });
});
