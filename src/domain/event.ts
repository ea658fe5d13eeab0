/**
 * The events a customer's state is made of: decoded input records, named by the input they came from.
 * Deliberately nothing about Kafka: a record of the log is the pipeline's affair.
 */
import type { Interaction, Purchase, Survey } from './contracts.ts';

export type InputEvent =
  | { readonly input: 'purchases'; readonly event: Purchase }
  | { readonly input: 'interactions'; readonly event: Interaction }
  | { readonly input: 'surveys'; readonly event: Survey };
