/**
 * The voice of a customer: the newest eight answers of each kind, exact, and what they say. An older answer than these is let
 * go whole; which eight stay does not depend on the order in which they came.
 */
import type { Answer, Complaints, Interaction, Survey, SurveyKind } from './contracts.ts';
import type { VoiceModel } from './model-relation.ts';
import { dayMs } from './time.ts';

/** Answers kept per kind: at the usual half-life of 180 days the ninth of a monthly survey weighs below a third. */
export const answersMax = 8;

/** Takes an answer in. */
export function withAnswer(answers: readonly Answer[], answer: Answer): readonly Answer[] {
  const index = answers.findIndex((known) => isAfter(known, answer));
  const grown = answers.toSpliced(index === -1 ? answers.length : index, 0, answer);
  const same = grown.filter(({ kind }) => kind === answer.kind);
  return same.length <= answersMax ? grown : grown.filter((known) => known !== same[0]);
}

function isAfter(left: Answer, right: Answer): boolean {
  return left.at === right.at ? left.eventId > right.eventId : left.at > right.at;
}

/** A survey's answer on the scale from 0 to 100, 100 = best. */
export function surveyAnswer({ eventId, kind, occurredAt, score, scaleMin, scaleMax, direction }: Survey): Answer {
  const isHigherBetter = direction === 'higher_is_better';
  const value = placeOf(score, scaleMin, scaleMax);
  const isNpsScale = kind === 'nps' && isHigherBetter && scaleMin === 0 && scaleMax === 10;
  return { kind, at: occurredAt, eventId, value: isHigherBetter ? value : 100 - value, isNpsScale };
}

/** A review's rating as an answer on the model's scale; null without one. */
export function reviewAnswer({ eventId, occurredAt, rating }: Interaction, { reviewScale }: VoiceModel): Answer | null {
  if (rating === null) return null;
  const value = placeOf(rating, reviewScale.min, reviewScale.max);
  return { kind: 'review', at: occurredAt, eventId, value, isNpsScale: false };
}

function placeOf(score: number, scaleMin: number, scaleMax: number): number {
  return ((score - scaleMin) * 100) / (scaleMax - scaleMin);
}

/** The newest answer of a kind, or null. */
export function lastAnswer(answers: readonly Answer[], kind: SurveyKind): Answer | null {
  return answers.findLast((answer) => answer.kind === kind) ?? null;
}

/** Class of an answer asked from 0 to 10: promoter 9-10, passive 7-8, detractor 0-6; null on any other scale. */
export function npsClass(answer: Answer | null): 'promoter' | 'passive' | 'detractor' | null {
  if (answer?.isNpsScale !== true) return null;
  if (answer.value >= 90) return 'promoter';
  return answer.value >= 70 ? 'passive' : 'detractor';
}

/** Complaints made and not resolved. */
export function openComplaints({ opened, resolved }: Complaints): number {
  return Math.max(0, opened - resolved);
}

/**
 * Satisfaction 0-100: answers weighted 2^(-age / half-life), ages measured to the newest answer, with the prior as k answers
 * of that day, less a step per open complaint. Silence changes nothing until the newest answer is too old to count: then the
 * prior stands. Null for who never answered and never complained.
 */
export function satisfaction(
  answers: readonly Answer[],
  complaints: Complaints,
  asOf: number,
  voice: VoiceModel,
): number | null {
  const newest = answers.at(-1);
  if (newest === undefined && complaints.opened === 0) return null;
  const isHeard = newest !== undefined && asOf < newest.at + voice.maxAgeDays * dayMs;
  const level = isHeard ? weightedMean(answers, newest.at, voice) : voice.prior;
  return Math.max(0, level - voice.complaintStep * openComplaints(complaints));
}

function weightedMean(answers: readonly Answer[], newestAt: number, voice: VoiceModel): number {
  let [weighted, weights] = [0, 0];
  for (const { at, value } of answers) {
    const weight = 2 ** (-(newestAt - at) / (voice.halfLifeDays * dayMs));
    weighted += weight * value;
    weights += weight;
  }
  const whole = weights + voice.priorWeight;
  return whole > 0 ? (weighted + voice.priorWeight * voice.prior) / whole : voice.prior;
}
