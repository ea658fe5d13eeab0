/** How far the copy on disk has come, as it is written there: JSON, bytes in base64. */
import { z } from 'zod';
import { StoreDamagedError, type Codec, type Reached, type TaskMemory } from '../../pipeline/ports.ts';

/** Raised when keys or values of an environment change: another one is deleted and made anew. */
const layout = 1;

const shape = z.object({
  layout: z.literal(layout),
  offset: z.number(),
  value: z.base64(),
  memory: z.object({
    model: z.base64().nullable(),
    rescore: z.base64().nullable(),
    budget: z.base64().nullable(),
    scoreboard: z.base64().nullable(),
  }),
  atMs: z.number(),
  /** Writer schemas of the values. */
  schemaIds: z.array(z.number()),
});

/** The record of a snapshot. */
export function encodeSaved(reached: Reached, schemaIds: Iterable<number>, codec: Codec): Buffer {
  const { offset, value, memory, atMs } = reached;
  const packed = (part: keyof TaskMemory): string | null =>
    memory[part] === null ? null : codec.encodeMemory(part, memory).toString('base64');
  const record: z.output<typeof shape> = {
    layout,
    offset,
    value: value.toString('base64'),
    memory: {
      model: packed('model'),
      rescore: packed('rescore'),
      budget: packed('budget'),
      scoreboard: packed('scoreboard'),
    },
    atMs,
    schemaIds: [...schemaIds],
  };
  return Buffer.from(JSON.stringify(record));
}

/**
 * The snapshot of a record, and the writer schemas of what is with it, which the codec knows then.
 * Rejects: StoreDamagedError for a record of another version; UnavailableError when the registry cannot be asked.
 */
export async function decodeSaved(
  bytes: Buffer,
  codec: Codec,
): Promise<{ readonly snapshot: Reached; readonly schemaIds: readonly number[] }> {
  const parsed = shape.safeParse(JSON.parse(bytes.toString()));
  if (!parsed.success) throw new StoreDamagedError('it was written by another version');
  const { offset, atMs, schemaIds } = parsed.data;
  const packed = Object.values(parsed.data.memory).flatMap((text) =>
    text === null ? [] : Buffer.from(text, 'base64'),
  );
  const value = Buffer.from(parsed.data.value, 'base64');
  for (const id of new Set([...schemaIds, ...[value, ...packed].map(schemaIdOf)])) await codec.learnChangelog(id);
  let memory: TaskMemory = { model: null, rescore: null, budget: null, scoreboard: null };
  for (const part of packed) {
    const entry = codec.decodeChangelog(part);
    if (entry.kind === 'memory') memory = { ...memory, ...entry.memory };
  }
  return { snapshot: { offset, value, memory, atMs }, schemaIds };
}

/** Writer schema of a changelog value: the Confluent framing. */
export function schemaIdOf(value: Buffer): number {
  return value.length < 5 ? -1 : value.readInt32BE(1);
}
