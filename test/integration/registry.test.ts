// The codec's look-ups against a real registry: its ids, its 404s, schemas that come back readable.
import { describe, expect, it } from 'vitest';
import { openCodec } from '../../src/adapters/avro/codec.ts';
import { contractType, schemaText } from '../../src/adapters/avro/types.ts';
import { systemClock } from '../../src/adapters/clock.ts';
import { RegistryAdmin } from '../../src/adapters/registry/admin.ts';
import { ConfluentSource } from '../../src/adapters/registry/confluent.ts';
import { GuardedSource } from '../../src/adapters/registry/guard.ts';
import { notFound, SchemaMissingError } from '../../src/pipeline/schema-source.ts';
import { framed, purchase } from '../adapters/avro/samples.ts';
import { useStack } from '../support/stack.ts';

const stack = useStack();
const prefix = stack.uniquePrefix('registry');
const source = new GuardedSource(new ConfluentSource(stack.registryUrl), systemClock());
const admin = new RegistryAdmin(stack.registryUrl);
const subject = (name: string): string => `${prefix}${name}-value`;
const subjects = {
  changelog: subject('c'),
  tierChanged: subject('t'),
  lifecycleChanged: subject('l'),
  churnAlert: subject('a'),
  profile: subject('p'),
};

describe('ConfluentSource', () => {
  it('takes an id nobody registered for a missing schema', async () => {
    await expect(source.fetch(2_147_483_647)).resolves.toBe(notFound);
  });

  it('says which subject lacks the schema, whether or not the subject exists', async () => {
    await expect(source.idOf(subject('absent'), schemaText('purchases'))).rejects.toThrow(SchemaMissingError);
    await admin.register(subject('other'), schemaText('surveys'));
    await expect(source.idOf(subject('other'), schemaText('purchases'))).rejects.toThrow(SchemaMissingError);
  });

  it('lets the codec open, learn a schema and read a record', async () => {
    await admin.register(subjects.changelog, schemaText('changelog'));
    await admin.register(subjects.tierChanged, schemaText('tierChanged'));
    await admin.register(subjects.lifecycleChanged, schemaText('lifecycleChanged'));
    await admin.register(subjects.churnAlert, schemaText('churnAlert'));
    await admin.register(subjects.profile, schemaText('profile'));
    await admin.register(subject('in'), schemaText('purchases'));
    const codec = await openCodec({ source, clock: systemClock(), subjects });
    const id = await source.idOf(subject('in'), schemaText('purchases'));
    const value = framed(id, contractType('purchases').toBuffer(purchase));
    expect(codec.decode('purchases', value)).toEqual({ kind: 'unknown_schema', schemaId: id });
    await codec.learn('purchases', id);
    expect(codec.decode('purchases', value)).toMatchObject({ kind: 'event', decoded: { event: purchase } });
  });
});
