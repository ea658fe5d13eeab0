/**
 * Everything of a customer's state that could grow, with its bound and what happens beyond: the state is bounded memory per
 * customer, whatever arrives. The budget of all of it on the wire is in test/domain/wire-budget.test.ts.
 */
import { answersMax } from './answers.ts';
import { categoriesMax, codesMax } from './categories.ts';
import { channelsMax, engagementWeeks, touchesMax } from './contacts.ts';
import type { CustomerState } from './contracts.ts';
import { exactDaysMax } from './days.ts';

/** One bound of the state. */
export interface Bound {
  readonly max: number;
  /** What is counted. */
  readonly unit: string;
  readonly beyond: string;
  /** How much of it a state holds. */
  readonly held: (state: CustomerState) => number;
}

/** The bounds by what they bound. Ring sizes, factors and attributes are the model's: they are bounded where it is checked. */
export const bounds: Readonly<Record<string, Bound>> = {
  days: {
    max: exactDaysMax,
    unit: 'purchase days',
    beyond:
      'the oldest goes into the totals and its week; later news of it changes lifetime totals only and is counted',
    held: ({ days }) => days.length,
  },
  weeks: {
    max: 54,
    unit: 'weeks with older purchases or contact costs',
    beyond: 'a week leaves 365 days after its end',
    held: ({ weeks }) => weeks.length,
  },
  categories: {
    max: categoriesMax,
    unit: 'categories',
    beyond: 'the ones of the largest hashes are not kept; the breadth reads 64',
    held: ({ categories }) => categories.length,
  },
  categoryCodes: {
    max: codesMax,
    unit: 'category codes',
    beyond: 'only the codes of the largest net amounts are kept, until the category is bought again',
    held: ({ categories }) => categories.filter(({ code }) => code !== null).length,
  },
  answers: {
    max: 4 * answersMax,
    unit: 'answers, a quarter of each kind',
    beyond: 'the oldest answer of its kind is let go',
    held: ({ answers }) => answers.length,
  },
  engagement: {
    max: engagementWeeks,
    unit: 'weeks of engagement',
    beyond: 'older weeks no longer count and are dropped',
    held: ({ engagement }) => engagement.length,
  },
  channels: {
    max: channelsMax,
    unit: 'channel codes',
    beyond: 'the ones last in code order are not kept',
    held: ({ channels }) => channels.length,
  },
  touches: {
    max: touchesMax,
    unit: 'campaign touches with their instant',
    beyond: 'the oldest is counted with the answer it had by then',
    held: ({ touches }) => touches.recent.length,
  },
};
