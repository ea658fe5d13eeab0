// The AsyncAPI document is valid, and says what schemas, topic settings and headers are.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { asyncApiFile, currentAsyncApi } from '../../scripts/generate-asyncapi.ts';
import { schemaFolder, schemaNames } from '../../scripts/generate-contracts.ts';
import { replayHeader, replayedHeader } from '../../src/pipeline/dead-letters.ts';
import { deadLetter, letterLimits, transitionHeaders } from '../../src/pipeline/headers.ts';
import type { RawRecord } from '../../src/pipeline/ports.ts';
import { topicDefaults } from '../../src/pipeline/topics.ts';
import { noon, purchase, tell } from '../domain/support/story.ts';

const text = readFileSync(asyncApiFile, 'utf8');
const message = z.object({
  headers: z.object({ properties: z.record(z.string(), z.unknown()) }).optional(),
  payload: z.object({ schema: z.object({ $ref: z.string() }) }).optional(),
});
const { channels, components } = z
  .object({
    channels: z.record(z.string(), z.object({ address: z.string() })),
    components: z.object({ messages: z.record(z.string(), message) }),
  })
  .parse(parse(text));
const headersOf = (name: string): string[] => Object.keys(components.messages[name]?.headers?.properties ?? {}).sort();

describe('schemas/asyncapi.yaml', () => {
  it('is what `node scripts/generate-asyncapi.ts` writes', () => {
    expect(text).toBe(currentAsyncApi());
  });

  it("is valid by AsyncAPI's published schema, which refuses a document with a fault", () => {
    const published = createRequire(import.meta.url).resolve('@asyncapi/specs/schemas/3.0.0-without-$id.json');
    const validate = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(
      z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(published, 'utf8'))),
    );
    validate(parse(text));
    expect(validate.errors).toBeNull();
    for (const [from, to] of [
      ['action: receive', 'action: subscribe'],
      ['schemaIdLocation: payload', 'schemaIdLocation: 7'],
      ['address: customer', 'adress: customer'],
    ] as const) {
      expect([to, validate(parse(text.replace(from, to)))]).toEqual([to, false]);
    }
  });

  it('has every topic and every schema, and none that is not there', () => {
    expect(
      Object.values(channels)
        .map(({ address }) => address)
        .sort(),
    ).toEqual(Object.values(topicDefaults).sort());
    const named = Object.values(components.messages).flatMap(({ payload }) => payload?.schema.$ref ?? []);
    expect([...named].sort()).toEqual(schemaNames().map((name) => `./${name}.avsc`));
    expect(named.filter((path) => !existsSync(new URL(path, schemaFolder)))).toEqual([]);
  });

  it('describes exactly the headers that are written', () => {
    const context = { source: 's', schemaUrl: 'u', recordedAtMs: 0, traceparent: 't' };
    const [value] = tell([purchase({ occurredAt: noon(0) })]).transitions;
    const written = value && transitionHeaders({ topic: 'tierChanged', value }, context);
    expect(headersOf('tierChanged')).toEqual(Object.keys(written ?? {}).sort());
    expect(headersOf('lifecycleChanged')).toEqual(headersOf('tierChanged'));
    expect(headersOf('deadLetters')).toEqual([...letterHeaders(), replayHeader, replayedHeader].sort());
  });
});

/** Names of all headers of our own that a dead letter may have. */
function letterHeaders(): string[] {
  const tooLarge = (limit: number): Buffer => Buffer.alloc(limit + 1);
  const record: RawRecord = {
    ...{ offset: 1, timestampMs: 1 },
    key: tooLarge(letterLimits.keyBytes),
    value: tooLarge(letterLimits.valueBytes),
    headers: { large: tooLarge(letterLimits.headerBytes) },
    unreadable: { reason: 'oversized', why: '', firstOffset: 1, records: 1, compression: 'gzip' },
  };
  const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
  const origin = { topic: 't', partition: 0, reason: 'oversized', stage: 'decode', engineVersion: '1' } as const;
  return Object.keys(deadLetter({ ...origin, record, schemaId: 1, sha256 }).headers).sort();
}
