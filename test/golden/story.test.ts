// Plays the stories of story.md: what each row says we tell, and where each customer stands, is exactly what the domain says.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { CustomerState, Profile, ProfileValue } from '../../src/domain/contracts.ts';
import type { InputEvent } from '../../src/domain/event.ts';
import { profileOf } from '../../src/domain/profile.ts';
import { step } from '../../src/domain/step.ts';
import type { Transition } from '../../src/domain/step.ts';
import { retailModel } from '../domain/support/retail-model.ts';
import { at, interaction, purchase, survey } from '../domain/support/story.ts';

const file = new URL('story.md', import.meta.url);

interface Row {
  readonly date: string;
  readonly happens: string;
  readonly told: string;
}

function stories(markdown: string): readonly { readonly title: string; readonly rows: readonly Row[] }[] {
  return markdown
    .split(/^## /m)
    .slice(1)
    .map((part) => {
      const [title = '', ...lines] = part.split('\n');
      const cells = lines.map((line) => line.split('|').map((cell) => cell.trim()));
      const rows = cells.flatMap(([, date = '', happens = '', told = '']) =>
        /^\d{4}-/.test(date) ? [{ date, happens, told }] : [],
      );
      return { title, rows };
    });
}

const minor = (amount: string | undefined): number => Number((amount ?? '0.00').replace('.', ''));

/** The words after a word of a row, such as `of books`. */
function after(happens: string, word: string): string | undefined {
  return new RegExp(`\\b${word} (\\S+)`).exec(happens)?.[1];
}

function eventOf({ date, happens }: Row, index: number): InputEvent {
  const [occurredAt, eventId] = [at(date), happens === 'hears the same again' ? 'row-0' : `row-${index}`];
  const [verb = '', amount = ''] = happens.split(' ');
  const cost = after(happens, 'for');
  const contact = { eventId, occurredAt, costMinor: cost === undefined ? null : minor(cost), currency: 'USD' };
  const category = after(happens, 'of') ?? null;
  const amountMinor = minor(amount);
  const goods = after(happens, 'costing');
  const money = {
    eventId,
    occurredAt,
    amountMinor,
    currency: /\d ([A-Z]{3})\b/.exec(happens)?.[1] ?? 'USD',
    discountMinor: minor(after(happens, 'less')),
    costs: goods === undefined ? null : { goodsMinor: minor(goods), logisticsMinor: 0 },
    lines: category === null ? [] : [{ sku: 'sku', category, quantity: 1, amountMinor }],
  };
  const orderedAt = at(after(happens, 'from') ?? date);
  const isComplaint = happens.startsWith('complains');
  switch (true) {
    case verb === 'buys':
      return purchase(money);
    case happens === 'hears the same again':
      return purchase({ ...money, amountMinor: 5_000 });
    case verb === 'returns':
      return purchase({ ...money, kind: 'refund', orderedAt });
    case verb === 'cancels':
      return purchase({ ...money, kind: 'cancellation', orderedAt });
    case verb === 'visits':
      return interaction({ ...contact, kind: 'visit' });
    case happens.startsWith('is won by'):
      return interaction({ ...contact, kind: 'acquired', acquisitionSource: after(happens, 'by') ?? null });
    case happens.startsWith('is sent by'):
      return interaction({
        ...contact,
        kind: 'acquired',
        acquisitionSource: 'referral',
        referrerId: after(happens, 'by') ?? null,
      });
    case happens.startsWith('moves to'):
      return interaction({
        ...contact,
        kind: 'attributes_changed',
        attributes: [{ name: 'region', value: after(happens, 'to') ?? '' }],
      });
    case happens === 'adds to the cart':
      return interaction({ ...contact, kind: 'cart_add' });
    case isComplaint:
      return interaction({ ...contact, kind: 'complaint', lossReason: category });
    case happens === 'complaint resolved':
      return interaction({ ...contact, kind: 'complaint_resolved' });
    case happens.startsWith('calls service'):
      return interaction({ ...contact, kind: 'support_ticket' });
    case happens === 'refers a friend':
      return interaction({ ...contact, kind: 'referral_made' });
    case happens.startsWith('receives a campaign'):
      return interaction({ ...contact, kind: 'campaign_touch' });
    case verb === 'reviews':
      return interaction({ ...contact, kind: 'review', rating: Number(amount) });
    case happens.startsWith('answers NPS'):
      return survey({ ...answer(happens), eventId, occurredAt });
    case happens.startsWith('answers CSAT'):
      return survey({ ...answer(happens), eventId, occurredAt, kind: 'csat', scaleMin: 1, scaleMax: 5 });
    case happens.startsWith('answers CES'):
      return survey({ ...answer(happens), eventId, occurredAt, kind: 'ces', scaleMin: 1, scaleMax: 7 });
    default:
      throw new Error(`a story knows no "${happens}"`);
  }
}

const answer = (happens: string): { readonly score: number } => ({ score: Number(happens.split(' ').at(-1)) });

const words = (code: string | null): string => (code ?? 'nobody').replace('_', ' ');
const money = (amountMinor: number | null): string => ((amountMinor ?? 0) / 100).toFixed(2);
const points = (hundredths: number): string => (hundredths / 100).toFixed(2);

/** What time alone has done carries its own minute. */
function onItsOwn({ cause, effectiveAt }: Pick<Transition['value'], 'cause' | 'effectiveAt'>): string {
  return cause === 'time_passed' ? `${new Date(effectiveAt).toISOString().slice(0, 16).replace('T', ' ')} ` : '';
}

/** A transition in a marketer's words. */
function told({ topic, value }: Transition): string {
  const corrected = value.cause === 'correction' ? ', corrected' : '';
  const when = onItsOwn(value);
  if (topic === 'lifecycleChanged') {
    const reason = value.metrics.lost === null ? '' : ` (${words(value.metrics.lost.lossReason)})`;
    return `${when}${value.from === null ? '' : `${words(value.from)} → `}${words(value.to)}${reason}${corrected}`;
  }
  if (topic === 'churnAlert')
    return `${when}alert ${value.status}${value.resolveReason === null ? '' : ` (${value.resolveReason})`}`;
  const now = value.currentTier?.name ?? 'no tier';
  if (value.direction === 'will_fall') {
    return `${when}will fall from ${now} to ${value.decaysTo?.tier?.name ?? 'no tier'}`;
  }
  const what =
    value.direction === 'held'
      ? `holds ${now}`
      : value.previousTier === null
        ? `enters ${now}`
        : `${value.direction} from ${value.previousTier.name} to ${now}`;
  const purchaseNeeded = value.toNext?.actions.find(({ action }) => action === 'purchase')?.amountMinor ?? null;
  const next = purchaseNeeded === null ? '' : `, next with ${money(purchaseNeeded)} more`;
  return `${when}${what}${corrected}: ${points(value.scoreBefore)} → ${points(value.scoreAfter)}${next}`;
}

const costKinds = ['goods', 'logistics', 'service', 'marketing', 'acquisition'] as const;

/** What a customer has cost by kind; nothing where all of it is the margin's assumption. */
function costs({ costsMinor, assumedCostShare }: Pick<ProfileValue, 'costsMinor' | 'assumedCostShare'>): string {
  const known = costKinds.filter(
    (kind) => (costsMinor?.[kind] ?? 0) !== 0 && (kind !== 'goods' || (assumedCostShare ?? 1) < 1),
  );
  return known.length === 0
    ? ''
    : `cost ${known.map((kind) => `${money(costsMinor?.[kind] ?? 0)} ${kind}`).join(', ')}`;
}

/** Where a customer stands, in a line. */
function standing({
  standing: now,
  score,
  purchase: bought,
  value,
  voice,
  loyalty,
  engagement,
  forecast,
}: Profile): string {
  const share = (of: number | null): string => `${Math.round((of ?? 0) * 100)} %`;
  const satisfaction = voice?.satisfaction ?? null;
  const parts = [
    now.tier === null ? 'no tier' : `${now.tier.name} ${points(score?.total ?? 0)}`,
    `${words(now.lifecycle)}${now.stickiness === null ? '' : `, ${now.stickiness}`}`,
    `year ${money(value?.profitMinor ?? 0)}, so far ${money(value?.clvHistoricMinor ?? 0)}, to come ${money(value?.clvPredictedMinor ?? 0)}`,
    value === null ? '' : costs(value),
    bought === null ? '' : `buys again within 13 weeks ${share(forecast?.pBuy ?? null)}`,
    bought?.topCategories.map(({ category, share: of }) => `${category} ${share(of)}`).join(', ') ?? '',
    satisfaction === null ? '' : `satisfaction ${satisfaction.toFixed(1)}`,
    voice?.npsClass ?? '',
    voice?.ces == null ? '' : `finds us easy ${share(voice.ces)}`,
    (voice?.openComplaints ?? 0) > 0 ? `${voice?.openComplaints ?? 0} open complaint` : '',
    (bought?.priceSensitivity ?? 0.1) > 0.1 ? `price sensitivity ${share(bought?.priceSensitivity ?? 0)}` : '',
    bought?.promotionResponse ? `bought on offer ${share(bought.promotionResponse)}` : '',
    engagement?.touchResponse == null ? '' : `answers campaigns ${share(engagement.touchResponse)}`,
    engagement?.acquisitionSource == null ? '' : `won by ${engagement.acquisitionSource}`,
    ...Object.entries(engagement?.attributes ?? {}).map(([name, of]) => `${name} ${of}`),
    (loyalty?.referralsMade ?? 0) > 0 ? `referred ${loyalty?.referralsMade ?? 0}` : '',
    forecast?.winBack == null ? '' : `wins back ${share(forecast.winBack)}`,
  ];
  return parts.filter((part) => part !== '').join('; ');
}

function play(rows: readonly Row[]): readonly Row[] {
  let state: CustomerState | undefined;
  return rows.map((row, index) => {
    if (row.happens === 'stands' && state !== undefined) {
      const { referrerId } = state.acquisition;
      const sent = referrerId === null ? '' : `; sent by ${referrerId}`;
      return { ...row, told: `${standing(profileOf(state, retailModel, at(row.date)))}${sent}` };
    }
    const result = step(state, eventOf(row, index), retailModel, { backfillRunId: null });
    state = result.state;
    return { ...row, told: result.transitions.map(told).join('; ') };
  });
}

describe('the stories of story.md', () => {
  it('are twenty-six', () => {
    expect(stories(readFileSync(file, 'utf8'))).toHaveLength(26);
  });

  it.each(stories(readFileSync(file, 'utf8')))('$title', ({ rows }) => {
    expect(rows.at(-1)?.happens).toBe('stands');
    expect(play(rows)).toEqual(rows);
  });
});
