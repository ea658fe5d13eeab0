// Values of the contract and a codec over a registry in memory, for the tests of this folder.
import { openCodec } from '../../../src/adapters/avro/codec.ts';
import { contractType, schemaText } from '../../../src/adapters/avro/types.ts';
import { MemorySchemaRegistry } from '../../../src/adapters/memory/schema-registry.ts';
import type { Purchase } from '../../../src/domain/contracts.ts';
import type { Clock, Codec } from '../../../src/pipeline/ports.ts';
import { steppingClock } from '../../support/stepping-clock.ts';

export const subjects = {
  changelog: 'changelog-value',
  tierChanged: 'tier-value',
  lifecycleChanged: 'lifecycle-value',
  churnAlert: 'churn-value',
  profile: 'profile-value',
};

/** A registry that holds what the codec writes, and the purchase schema. */
export function filledRegistry(): MemorySchemaRegistry {
  const registry = new MemorySchemaRegistry();
  registry.register(subjects.changelog, schemaText('changelog'));
  registry.register(subjects.tierChanged, schemaText('tierChanged'));
  registry.register(subjects.lifecycleChanged, schemaText('lifecycleChanged'));
  registry.register(subjects.churnAlert, schemaText('churnAlert'));
  registry.register(subjects.profile, schemaText('profile'));
  return registry;
}

export function codecOver(registry: MemorySchemaRegistry, clock: Clock = steppingClock()): Promise<Codec> {
  return openCodec({ source: registry, clock, subjects });
}

/** Bytes behind the header of a schema id. */
export function framed(schemaId: number, body: Buffer): Buffer {
  const header = Buffer.alloc(5);
  header.writeInt32BE(schemaId, 1);
  return Buffer.concat([header, body]);
}

const line = { sku: 'SKU-1', category: 'shoes', quantity: 2, amountMinor: 4999 };

export const purchase: Purchase = {
  eventId: 'e-1',
  customerId: 'c-1',
  occurredAt: 1_750_000_000_000,
  kind: 'order',
  orderId: 'o-1',
  orderedAt: null,
  currency: 'USD',
  amountMinor: 14_997,
  discountMinor: 0,
  costs: { goodsMinor: 7_000, logisticsMinor: 300 },
  lines: [line, line, { ...line, category: null }],
  campaignId: null,
  couponCode: 'SPRING',
  channel: 'web',
  businessUnit: null,
  source: null,
};

export function purchaseBody(changes: Partial<Purchase> = {}): Buffer {
  return contractType('purchases').toBuffer({ ...purchase, ...changes });
}
