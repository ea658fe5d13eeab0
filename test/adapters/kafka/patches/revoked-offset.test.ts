/** A position of a topic that was taken away while a batch of it was in work. */
import { describe, expect, it } from 'vitest';
import type { KafkajsSource } from '../../../../src/adapters/kafka/patches/patch.ts';
import { revokedOffset } from '../../../../src/adapters/kafka/patches/revoked-offset.ts';
import { freshKafkajs } from '../fresh-kafkajs.ts';

interface OffsetManager {
  readonly resolvedOffsets: object;
  resolveOffset(position: { topic: string; partition: number; offset: string }): void;
}

function createManager(source: KafkajsSource): OffsetManager {
  const Manager = source.load('consumer/offsetManager/index') as new (options: object) => OffsetManager;
  const cluster = { committedOffsets: () => ({}) };
  return new Manager({ cluster, groupId: 'g', memberAssignment: { kept: [0] } });
}

describe('revokedOffset', () => {
  it('ignores it, where stock throws a TypeError, which stops the consumer', () => {
    const position = { topic: 'gone', partition: 0, offset: '5' };
    expect(() => createManager(freshKafkajs()).resolveOffset(position)).toThrow(TypeError);
    const source = freshKafkajs();
    revokedOffset.install(source);
    const manager = createManager(source);
    manager.resolveOffset(position);
    manager.resolveOffset({ topic: 'kept', partition: 0, offset: '7' });
    expect(manager.resolvedOffsets).toEqual({ kept: { 0: '8' } });
  });
});
