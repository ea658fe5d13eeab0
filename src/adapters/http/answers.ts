/** The answers of the data API as commands read them: the fields they show, whatever else a newer service says. */
import { z } from 'zod';
import type { Metric } from '../../domain/metrics.ts';

const tier = z.object({ id: z.string(), rank: z.number(), name: z.string() });
const orNull = <T extends z.ZodType>(type: T) => type.nullable();
const metric = {
  name: z.string(),
  // A newer service may know more units; they are shown as they are called.
  unit: z.custom<Metric['unit']>((unit) => typeof unit === 'string'),
  value: orNull(z.number()),
};
const action = z.object({
  action: z.string(),
  amountMinor: orNull(z.number()),
  currency: orNull(z.string()),
  total: z.number(),
  tierId: orNull(z.string()),
});
const distance = orNull(
  z.object({
    tier,
    pointsMissing: z.number(),
    perFactor: z.array(z.object({ name: z.string(), value: orNull(z.number()) })),
    actions: z.array(action),
  }),
);

/** `GET /v1/customers/{customerId}/explain`. */
export const explanationAnswer = z.looseObject({
  customerId: z.string(),
  asOf: z.number(),
  modelRevision: z.number(),
  currency: z.string(),
  tier: orNull(tier),
  tierEnteredAt: orNull(z.number()),
  total: orNull(z.number()),
  factors: z.array(
    z.object({
      ...metric,
      weight: z.number(),
      points: z.number(),
      pointsMax: z.number(),
      prior: z.number(),
      assumed: z.boolean(),
    }),
  ),
  thresholds: z.array(z.object({ tierId: z.string(), enter: orNull(z.number()), leave: orNull(z.number()) })),
  toRemain: distance,
  toNext: distance,
  metrics: z.array(z.object(metric)),
});

const tierChange = z.looseObject({
  effectiveAt: z.number(),
  direction: z.string(),
  previousTier: orNull(tier),
  currentTier: orNull(tier),
  scoreBefore: z.number(),
  scoreAfter: z.number(),
  factors: z.array(z.looseObject({ name: z.string(), contribution: z.number() })),
});

/** `GET /v1/customers/{customerId}/timeline`: its tier changes, newest first; other topics are left out. */
export const timelineAnswer = z
  .object({ transitions: z.array(z.object({ topic: z.string(), value: z.unknown() })) })
  .transform(({ transitions }) => transitions.filter(({ topic }) => topic === 'tierChanged').map(({ value }) => value))
  .pipe(z.array(tierChange));

/** `POST /v1/tasks/{partition}/pause` and `/resume`. */
export const pauseAnswer = z.object({ partition: z.number(), paused: z.boolean() });
