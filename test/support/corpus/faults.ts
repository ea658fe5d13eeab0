/*
 * One fault per reason code, each for the inputs that can have it, made so that two of them fit into one record; and the
 * pairs that cannot meet, with why. For tests of precedence.
 */
import { reasonCodes, type ReasonCode } from '../../../src/domain/outcome.ts';
import { inputNames, type InputName } from '../../../src/pipeline/ports.ts';
import type { CorpusContext, Draft } from './draft.ts';

type Fault = (draft: Draft, context: CorpusContext) => void;

const oneMiB = 1_048_576;
const everywhere = inputNames;
const money = ['purchases', 'interactions'] as const;

interface FaultSpec {
  readonly inputs: readonly InputName[];
  readonly apply: Fault;
}

function set(fields: Record<string, unknown>): Fault {
  return (draft) => void Object.assign(draft.event, fields);
}

/** Money of an amount and a currency, wherever the input has it. */
function priced(amount: number, currency: string | null): Fault {
  return (draft) => {
    if (draft.input === 'purchases') {
      if (amount < 0) draft.event['amountMinor'] = amount;
      if (currency !== null) draft.event['currency'] = currency;
      return;
    }
    const known = draft.event['costMinor'];
    draft.event['costMinor'] = typeof known === 'number' && known < 0 ? known : amount;
    draft.event['currency'] = currency ?? draft.event['currency'] ?? 'USD';
  };
}

/** What makes a record one that is refused for this reason, if nothing else is wrong with it. */
export const faults: Readonly<Record<ReasonCode, FaultSpec>> = {
  bad_magic: { inputs: everywhere, apply: (draft) => (draft.magic = 1) },
  schema_unknown: { inputs: everywhere, apply: (draft, { unknownId }) => (draft.schemaId = unknownId) },
  schema_incompatible: { inputs: everywhere, apply: (draft, { incompatibleId }) => (draft.schemaId = incompatibleId) },
  undecodable: { inputs: everywhere, apply: (draft) => (draft.cut = 1) },
  oversized: {
    inputs: everywhere,
    apply: (draft) => {
      draft.tail = Buffer.alloc(oneMiB);
      draft.isCompressed = true;
    },
  },
  limit_exceeded: {
    inputs: everywhere,
    apply: (draft) => {
      draft.event[draft.input === 'surveys' ? 'surveyId' : 'channel'] = 'x'.repeat(257);
    },
  },
  empty_key: { inputs: everywhere, apply: (draft) => (draft.key = Buffer.alloc(0)) },
  tombstone: { inputs: everywhere, apply: (draft) => (draft.value = null) },
  key_mismatch: { inputs: everywhere, apply: set({ customerId: 'somebody else' }) },
  wrong_partition: { inputs: everywhere, apply: (draft) => (draft.partitionShift = 1) },
  invalid_field: { inputs: everywhere, apply: set({ eventId: '' }) },
  negative_amount: { inputs: money, apply: priced(-1, null) },
  unknown_currency: { inputs: money, apply: priced(1, 'XXQ') },
  no_rate: { inputs: money, apply: priced(1, 'GBP') },
  occurred_in_future: {
    inputs: everywhere,
    apply: (draft) => (draft.event['occurredAt'] = draft.nowMs + 86_400_000),
  },
  scale_out_of_range: { inputs: ['surveys'], apply: set({ score: 11 }) },
  attribute_not_allowed: { inputs: ['interactions'], apply: set({ attributes: [{ name: 'shoe', value: 'left' }] }) },
};

/** Faults of the value itself: a record without a value has none of them. */
const ofValue = new Set<ReasonCode>(
  reasonCodes.filter((reason) => !['empty_key', 'tombstone', 'wrong_partition'].includes(reason)),
);

/** Why no record can have both faults; null = it can. */
export function impossible(one: ReasonCode, other: ReasonCode): string | null {
  if ([one, other].includes('tombstone') && (ofValue.has(one) || ofValue.has(other))) return 'there is no value';
  if (one === 'schema_unknown' && other === 'schema_incompatible') return 'a value names one schema';
  if (one === 'unknown_currency' && other === 'no_rate') return 'an event has one currency';
  if (one === 'undecodable' && other === 'oversized') return 'what is oversized is not looked at';
  return commonInput(one, other) === undefined ? 'no input has both fields' : null;
}

/** An input that can have both faults. */
export function commonInput(one: ReasonCode, other: ReasonCode): InputName | undefined {
  return faults[one].inputs.find((input) => faults[other].inputs.includes(input));
}
