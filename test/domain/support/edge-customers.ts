// Customers at the edge of what a state can be, each with the instant to judge them at: what metrics must have an answer for.
import type { InputEvent } from '../../../src/domain/event.ts';
import type { Model } from '../../../src/domain/model.ts';
import { retailModel } from './retail-model.ts';
import { interaction, noon, purchase, survey } from './story.ts';

export interface EdgeCustomer {
  readonly name: string;
  readonly events: readonly InputEvent[];
  readonly asOf: number;
  /** The shop of the stories unless it is the fit that is at the edge. */
  readonly model: Model;
}

/** A fit that saw no drop-out: its forecasts are a purchase process that never ends. */
const degenerateModel: Model = {
  ...retailModel,
  purchase: { process: 'mbg-nbd', degenerate: true, r: 0.525, alpha: 6.183, a: 1e-6, b: 1e5 },
  spend: { gammaGamma: { p: 1, q: 1, v: 1 }, medianMinor: null },
};

const days = (count: number, fields: Parameters<typeof purchase>[0]): readonly InputEvent[] =>
  Array.from({ length: count }, (_, n) => purchase({ ...fields, occurredAt: noon(n) }));
const inCategory = (n: number): InputEvent =>
  purchase({ occurredAt: noon(n), lines: [{ sku: 's', category: `category-${n}`, quantity: 1, amountMinor: 1_000 }] });
const free = { occurredAt: 0, amountMinor: 0 };
const largest = { occurredAt: 0, amountMinor: 1_000_000_000_000, discountMinor: 1_000_000_000_000 };
const contacts = [
  interaction({ occurredAt: noon(0) }),
  interaction({ occurredAt: noon(1), kind: 'support_ticket', channel: 'phone', costMinor: 500, currency: 'USD' }),
];
const answers = [
  survey({ occurredAt: noon(0), score: 3 }),
  survey({ occurredAt: noon(1), kind: 'csat', score: 4, scaleMin: 1, scaleMax: 5 }),
];

/** The edges, in the order of the table in docs/METRICS.md. */
export const edgeCustomers: readonly EdgeCustomer[] = [
  { name: 'first purchase', events: days(1, { occurredAt: 0 }), asOf: noon(0) },
  { name: 'three purchases of nothing', events: days(3, free), asOf: noon(3) },
  {
    name: 'only refunds',
    events: [purchase({ occurredAt: noon(1), orderedAt: noon(0), kind: 'refund' })],
    asOf: noon(1),
  },
  { name: 'only interactions', events: contacts, asOf: noon(2) },
  { name: 'only surveys', events: answers, asOf: noon(2) },
  { name: 'degenerate fit', events: days(5, { occurredAt: 0 }), asOf: noon(40), model: degenerateModel },
  { name: '500 purchase days of the largest amount', events: days(500, largest), asOf: noon(500) },
  { name: '65 categories', events: Array.from({ length: 65 }, (_, n) => inCategory(n)), asOf: noon(70) },
  { name: 'lost', events: [0, 9].map((n) => purchase({ occurredAt: noon(n) })), asOf: noon(900) },
].map((edge) => ({ model: retailModel, ...edge }));
