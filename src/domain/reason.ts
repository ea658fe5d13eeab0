/**
 * Why and when a standing changes, and the part that every transition says alike: its id, its cause, what judged. The same
 * cause gives the same id on every replay.
 */
import type { Cause, Sequences } from './contracts.ts';
import { engineVersion } from './engine.ts';
import type { InputEvent } from './event.ts';
import { hash128, hex128 } from './math/murmur3.ts';
import type { Hash128 } from './math/murmur3.ts';

/** What made us look: an event, an instant that had come, or another model. */
export type Trigger =
  | { readonly kind: 'event'; readonly input: InputEvent }
  | { readonly kind: 'time'; readonly due: number }
  | { readonly kind: 'config'; readonly activatedAt: number };

/** Why and when a standing changes. */
export interface Reason {
  readonly trigger: Trigger;
  readonly effectiveAt: number;
  /** eventId of the transition undone, or null. */
  readonly supersedes: string | null;
  /** Run id of the import that is being taken, or null. */
  readonly backfillRunId: string | null;
  /** The customer's sequences before the trigger: the ordinal of a transition counts from here. */
  readonly before: Sequences;
}

/** What every transition says alike. */
export interface Stamp {
  readonly eventId: string;
  readonly customerId: string;
  readonly sequence: number;
  readonly cause: Exclude<Cause, 'unknown'>;
  readonly causationId: string | null;
  readonly supersedes: string | null;
  readonly effectiveAt: number;
  readonly modelRevision: number;
  readonly engineVersion: string;
  readonly backfill: boolean;
  readonly runId: string | null;
}

/** Stamps the next transition of a customer in a topic; `sequences` are those before it. */
export function stamp(
  customerId: string,
  sequences: Sequences,
  topic: keyof Sequences,
  reason: Reason,
  modelRevision: number,
): Stamp {
  const ordinal = sequences[topic] - reason.before[topic];
  const { trigger, effectiveAt, supersedes, backfillRunId } = reason;
  return {
    eventId: transitionId(customerId, topic, originOf(trigger), modelRevision, ordinal),
    customerId,
    sequence: sequences[topic] + 1,
    cause: causeOf(reason),
    causationId: trigger.kind === 'event' ? trigger.input.event.eventId : null,
    supersedes,
    effectiveAt,
    modelRevision,
    engineVersion,
    backfill: backfillRunId !== null,
    runId: backfillRunId,
  };
}

function causeOf({ trigger, supersedes, backfillRunId }: Reason): Stamp['cause'] {
  if (supersedes !== null) return 'correction';
  if (trigger.kind === 'time') return 'time_passed';
  if (trigger.kind === 'config') return 'config_change';
  return backfillRunId === null ? 'activity' : 'backfill';
}

/** True when an event may have prevented what was told as of `toldAt`: it, or the order it reverses, is not newer. */
export function reachesBack({ trigger }: Reason, toldAt: number | null): boolean {
  if (trigger.kind !== 'event' || toldAt === null) return false;
  const { input, event } = trigger.input;
  const reversedAt = input === 'purchases' && event.kind !== 'order' ? event.orderedAt : null;
  return (reversedAt ?? event.occurredAt) <= toldAt;
}

/** What makes a trigger one of its kind: an input and its event's id, or an instant. */
export type Origin = readonly [what: string, which: string | number];

/** Returns what makes a trigger one of its kind. */
export function originOf(trigger: Trigger): Origin {
  switch (trigger.kind) {
    case 'event':
      return [trigger.input.input, trigger.input.event.eventId];
    case 'time':
      return ['due', trigger.due];
    case 'config':
      return ['model', trigger.activatedAt];
  }
}

/** A hash of customer, topic, origin, model revision and ordinal within the step, as a version 8 UUID. */
export function transitionId(
  customerId: string,
  topic: string,
  [what, which]: Origin,
  modelRevision: number,
  ordinal: number,
): string {
  return uuid(hash128(JSON.stringify([customerId, topic, what, which, modelRevision, ordinal])));
}

function uuid([h1, h2, h3, h4]: Hash128): string {
  const versioned = (h2 & 0xffff_0fff) | 0x8000;
  const variant = (h3 & 0x3fff_ffff) | 0x8000_0000;
  const hex = hex128([h1, versioned, variant, h4]);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
