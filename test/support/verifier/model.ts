// The model file as the verifier reads it: by itself, and only what purchases need.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

const file = z.object({
  revision: z.int(),
  currency: z.string(),
  zone: z.literal('UTC'),
  rings: z.object({ purchases: z.int() }),
  purchase: z.object({ r: z.number(), alpha: z.number(), a: z.number(), b: z.number() }),
  horizonDays: z.number(),
  score: z.record(
    z.enum(['revenue365', 'purchaseDays365', 'pBuy']),
    z.object({ weight: z.int(), prior: z.number(), anchors: z.array(z.tuple([z.number(), z.number()])) }),
  ),
  tiers: z.object({
    dwellDays: z.number(),
    noticeDays: z.number().default(14),
    levels: z.array(z.object({ id: z.string(), enter: z.int().optional(), leave: z.int().optional() })),
  }),
});

export type BatchModel = z.output<typeof file>;

/** Reads the model file at `path`. Throws: on what the batch model does not cover (zones, other factors). */
export function readBatchModel(path: string): BatchModel {
  return file.parse(parse(readFileSync(path, 'utf8')));
}
