/** Why nobody can answer a question of the data API right now: one word for metrics, one sentence for whoever asks. */
import { problem, type Answer } from './listener.ts';

const sentences = {
  starting: 'The service is starting.',
  unconfirmed: 'The group has not confirmed lately that this instance still has the task.',
  taking_over: 'The task is being taken over.',
  owner_unknown: 'The group does not say yet who has the task.',
  moved: 'This customer has just moved to another instance.',
  owner_silent: 'The instance that has this customer does not answer.',
} as const;

export type Refusal = keyof typeof sentences;

/** Every reason, for labels. */
export const refusals: readonly Refusal[] = [
  'starting',
  'unconfirmed',
  'taking_over',
  'owner_unknown',
  'moved',
  'owner_silent',
];

/** Nothing is wrong with the question: ask again in a second. */
export function notNow(refusal: Refusal): Answer {
  return { ...problem(503, 'Service Unavailable', sentences[refusal]), headers: { 'retry-after': '1' }, refusal };
}
