/**
 * What becomes of a consumed record: exactly one outcome, and for a rejection exactly one reason.
 * Both unions are closed; they are metric labels, dead-letter headers and the terms of the conservation
 * law (consumed = the sum of the outcomes), so a new member is a contract change.
 */

export const outcomes = ['applied', 'duplicate', 'late_counted', 'rejected', 'restricted', 'erased'] as const;
export type Outcome = (typeof outcomes)[number];

/** Reasons for a dead letter, in order of precedence: the first that applies is the one reported. */
export const reasonCodes = [
  'bad_magic',
  'schema_unknown',
  'schema_incompatible',
  'undecodable',
  'oversized',
  'limit_exceeded',
  'empty_key',
  'tombstone',
  'key_mismatch',
  'wrong_partition',
  'invalid_field',
  'negative_amount',
  'unknown_currency',
  'no_rate',
  'occurred_in_future',
  'scale_out_of_range',
  'attribute_not_allowed',
] as const;
export type ReasonCode = (typeof reasonCodes)[number];
