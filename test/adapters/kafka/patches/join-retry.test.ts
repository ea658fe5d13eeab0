/** A coordinator that is not ready yet is waited for. */
import { describe, expect, it } from 'vitest';
import { joinRetry } from '../../../../src/adapters/kafka/patches/join-retry.ts';
import type { KafkajsSource } from '../../../../src/adapters/kafka/patches/patch.ts';
import { freshKafkajs } from '../fresh-kafkajs.ts';

interface Broker {
  joinGroup(request: object): Promise<unknown>;
  syncGroup(request: object): Promise<unknown>;
}

/** The error with which a request to a broker of this copy ends that answers with `code`, as joinAndSync asks. */
async function refused(source: KafkajsSource, request: 'joinGroup' | 'syncGroup', code: number): Promise<boolean> {
  const { createErrorFromCode } = source.load('protocol/error') as { createErrorFromCode: (code: number) => Error };
  const { isRebalancing } = source.load('errors') as { isRebalancing: (error: unknown) => boolean };
  const { prototype } = source.load('broker/index') as { prototype: Broker };
  const broker = {
    lookupRequest: () => () => ({}),
    connectionPool: { send: () => Promise.reject(createErrorFromCode(code)) },
  };
  const lookups = Object.getOwnPropertySymbols(prototype).map((symbol) => [
    symbol,
    () => Promise.reject(createErrorFromCode(code)),
  ]);
  const bare: object = Object.create(prototype) as object;
  const asked = Object.assign(bare, broker, Object.fromEntries(lookups) as object) as unknown as Broker;
  const error: unknown = await asked[request]({ groupId: 'g' }).catch((reason: unknown) => reason);
  return isRebalancing(error);
}

function patched(): KafkajsSource {
  const source = freshKafkajs();
  joinRetry.install(source);
  return source;
}

describe('joinRetry', () => {
  it.each([
    ['joinGroup', 14],
    ['joinGroup', 15],
    ['syncGroup', 14],
    ['syncGroup', 15],
  ] as const)('has %s tried again after code %i, where stock gives up', async (request, code) => {
    expect(await refused(freshKafkajs(), request, code)).toBe(false);
    expect(await refused(patched(), request, code)).toBe(true);
  });

  it('leaves a refusal for good as it is', async () => {
    expect(await refused(patched(), 'joinGroup', 30)).toBe(false);
  });
});
