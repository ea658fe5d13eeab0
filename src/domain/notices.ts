/** What first-timers are told of instead of alerts: a second purchase is due, a new customer is lapsing. */
import type { Model } from './model.ts';
import type { Moment } from './moment.ts';
import { dayMs } from './time.ts';

/** The notices in their order; the nth is told when n - 1 have been. */
const kinds = ['second_purchase_due', 'new_lapsing'] as const;

type NoticeKind = (typeof kinds)[number];

/** A notice and the instant it is due. */
interface Notice {
  readonly kind: NoticeKind;
  readonly at: number;
}

function notices({ occasions, state }: Moment, { lifecycle }: Model): readonly Notice[] {
  const { stage, noticesTold } = state.standing.lifecycle;
  if (occasions === null || stage !== 'new' || occasions.count > 1) return [];
  const { secondPurchaseDueDays, newLapsingDays } = lifecycle;
  return [secondPurchaseDueDays, newLapsingDays].flatMap((days, index) => {
    const kind = kinds[index];
    if (days === null || kind === undefined || noticesTold > index) return [];
    return [{ kind, at: Math.ceil(occasions.firstAt + days * dayMs) }];
  });
}

/** The notices that are due at a moment and not told. */
export function noticesDue(moment: Moment, model: Model): readonly NoticeKind[] {
  return notices(moment, model)
    .filter(({ at }) => at <= moment.asOf)
    .map(({ kind }) => kind);
}

/** The instant of the next notice; null = none is left. */
export function nextNoticeAt(moment: Moment, model: Model): number | null {
  return notices(moment, model)[0]?.at ?? null;
}
