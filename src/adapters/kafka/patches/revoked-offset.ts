/**
 * Defect: a batch that is still being processed while another fetcher joins the group again sets a position of a
 *   topic this member no longer has.
 * Symptom: "Cannot set properties of undefined"; a TypeError is never retried, so the consumer stops for good.
 * Source: consumer/offsetManager/index.js, resolveOffset.
 * Patch: a position of something not assigned is ignored.
 */
import type { Patch } from './patch.ts';

interface OffsetManager {
  readonly resolvedOffsets: Readonly<Record<string, Record<number, string> | undefined>>;
}

interface Position {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}

export const revokedOffset: Patch = {
  name: 'revoked-offset',
  install(source) {
    const { prototype } = source.load('consumer/offsetManager/index') as {
      prototype: { resolveOffset: (this: OffsetManager, position: Position) => void };
    };
    const { resolveOffset: stock } = prototype;
    prototype.resolveOffset = function resolveOffset(this: OffsetManager, position: Position): void {
      if (this.resolvedOffsets[position.topic] !== undefined) Reflect.apply(stock, this, [position]);
    };
  },
};
