/**
 * An independent computation of the instants at which customers of CDNOW fall silent for too long: its own reading of the
 * files, its own formulas, plain bisection on whole milliseconds. It shares no line with the sources and proves nothing by
 * itself: cdnow-crossings.test.ts holds the domain against it. Run directly, it prints cdnow-crossings.md.
 *
 * MBG/NBD (Batislam, Denizel & Filiztekin 2007), weeks: x repeat purchase days, t_x age at the last, T age now.
 *   P(alive) = 1 / (1 + a / (b + x) * ((alpha + T) / (alpha + t_x))^(r + x));  BG/NBD has b + x - 1, and 1 at x = 0
 *   P(buy within h) = P(alive) * (1 - ((alpha + T) / (alpha + T + h))^(r + x))
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const weekMs = 604_800_000;
export const cutAt = Date.parse('1997-09-30T12:00:00Z');
export const endAt = Date.parse('1998-06-30T12:00:00Z');
export const horizonWeeks = 13;
/** End of the window in which an alert's 13 weeks lie in the data. */
export const windowEndAt = endAt - horizonWeeks * weekMs;

/** r, alpha, a, b. */
export interface Parameters {
  readonly r: number;
  readonly alpha: number;
  readonly a: number;
  readonly b: number;
}
/** Fits on the first 39 weeks of the sample: refitted (LL -9582.13268), and Fader, Hardie & Lee 2005. */
export const mbg: Parameters = { r: 0.52483808, alpha: 6.18299282, a: 0.89135601, b: 1.61399864 };
export const bg: Parameters = { r: 0.2425967, alpha: 4.413659, a: 0.7929869, b: 2.426164 };

/** The silence after one purchase day. */
export interface Silence {
  readonly customerId: string;
  readonly firstAt: number;
  readonly x: number;
  readonly lastAt: number;
  /** Infinity = no purchase followed in the data. */
  readonly nextAt: number;
}

/** Every silence of every customer, by customer and time. */
export function silences(path: string): readonly Silence[] {
  const days = new Map<string, Set<number>>();
  for (const row of gunzipSync(readFileSync(path)).toString().split(/\r?\n/).slice(1)) {
    const [customerId = '', date = ''] = row.split(',');
    if (customerId === '') continue;
    const own = days.get(customerId) ?? new Set();
    days.set(customerId, own.add(Date.parse(`${date}T12:00:00Z`)));
  }
  const found: Silence[] = [];
  for (const [customerId, own] of days) {
    const instants = [...own].sort((one, other) => one - other);
    instants.forEach((lastAt, x) => {
      found.push({ customerId, firstAt: instants[0] ?? 0, x, lastAt, nextAt: instants[x + 1] ?? Infinity });
    });
  }
  return found;
}

/** A probability of a customer in silence at an instant. */
export type Probability = (silence: Silence, at: number) => number;

function alive(p: Parameters, b: number, { x, firstAt, lastAt }: Silence, at: number): number {
  const [ageAtLast, age] = [(lastAt - firstAt) / weekMs, (at - firstAt) / weekMs];
  return 1 / (1 + (p.a / b) * Math.pow((p.alpha + age) / (p.alpha + ageAtLast), p.r + x));
}

/** P(alive) by MBG/NBD. */
export const aliveMbg =
  (p: Parameters): Probability =>
  (silence, at) =>
    alive(p, p.b + silence.x, silence, at);

/** P(alive) by BG/NBD. */
export const aliveBg =
  (p: Parameters): Probability =>
  (silence, at) =>
    silence.x === 0 ? 1 : alive(p, p.b + silence.x - 1, silence, at);

/** P(buy within h) by MBG/NBD. */
export const buysMbg =
  (p: Parameters): Probability =>
  (silence, at) => {
    const age = p.alpha + (at - silence.firstAt) / weekMs;
    return aliveMbg(p)(silence, at) * (1 - Math.pow(age / (age + horizonWeeks), p.r + silence.x));
  };

/** A crossing after this, some 30,000 years on, is none: BG/NBD's P(alive) of a one-time buyer is 1 for ever. */
const neverAt = 1e15;

/** First whole millisecond at which the probability is at or under the line; null = at the purchase already, or never. */
export function crossing(probability: Probability, silence: Silence, line: number): number | null {
  const isAbove = (at: number): boolean => probability(silence, at) > line;
  if (!isAbove(silence.lastAt)) return null;
  let before = silence.lastAt;
  let width = weekMs;
  while (isAbove(before + width)) {
    [before, width] = [before + width, 2 * width];
    if (before > neverAt) return null;
  }
  let after = before + width;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (isAbove(middle)) before = middle;
    else after = middle;
  }
  return after;
}

/** What alerts at these instants would have been worth. */
export interface Worth {
  readonly alerts: number;
  /** Share whose customer never bought again in the data. */
  readonly neverAgain: number;
  /** Share without a purchase in the 13 weeks after, of those whose 13 weeks lie in the data. */
  readonly precision: number;
}

export interface Alert {
  readonly silence: Silence;
  readonly at: number;
}

export function worthOf(alerts: readonly Alert[]): Worth {
  const watched = alerts.filter(({ at }) => at < windowEndAt);
  return {
    alerts: alerts.length,
    neverAgain: alerts.filter(({ silence }) => silence.nextAt === Infinity).length / alerts.length,
    precision: watched.filter(({ silence, at }) => silence.nextAt > at + horizonWeeks * weekMs).length / watched.length,
  };
}

/** The alerts of a rule: crossings after the cut, up to `until`, before the next purchase. */
export function alertsOf(
  all: readonly Silence[],
  crossingOf: (silence: Silence) => number | null,
  until: number,
): readonly Alert[] {
  return all.flatMap((silence) => {
    if (silence.nextAt <= cutAt) return [];
    const at = crossingOf(silence);
    return at !== null && at >= cutAt && at < until && at < silence.nextAt ? [{ silence, at }] : [];
  });
}

/** The line of the default alert band: min(.35, .6 P0). */
export function alertLine(probability: Probability, silence: Silence): number {
  return Math.min(0.35, 0.6 * probability(silence, silence.lastAt));
}

/** Recall and median lead (weeks) of a rule over the silences of 26 observed weeks or more that began after the cut. */
export function warningOf(
  all: readonly Silence[],
  crossingOf: (silence: Silence) => number | null,
): { readonly long: number; readonly recall: number; readonly leadWeeks: number } {
  const longMs = 2 * horizonWeeks * weekMs;
  const long = all.filter(
    ({ x, lastAt, nextAt }) => x >= 1 && lastAt > cutAt && Math.min(nextAt, endAt) - lastAt >= longMs,
  );
  const leads = long
    .map((silence) => silence.lastAt + longMs - (crossingOf(silence) ?? Infinity))
    .filter((lead) => lead > 0)
    .sort((one, other) => one - other);
  const middle = ((leads[Math.floor((leads.length - 1) / 2)] ?? 0) + (leads[Math.floor(leads.length / 2)] ?? 0)) / 2;
  return { long: long.length, recall: leads.length / long.length, leadWeeks: middle / weekMs };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const iso = (at: number | null): string => (at === null ? 'at once' : new Date(at).toISOString());

/** The text of cdnow-crossings.md. */
export function report(samplePath: string): string {
  const all = silences(samplePath);
  const repeaters = all.filter(({ x }) => x > 0);
  const replayed = (probability: Probability, line: number, of: readonly Silence[]): Worth =>
    worthOf(alertsOf(of, (silence) => crossing(probability, silence, line), endAt));
  const row = (name: string, { alerts, neverAgain, precision }: Worth): string =>
    `| ${name} | ${alerts} | ${percent(neverAgain)} | ${percent(precision)} |`;
  const buys = buysMbg(mbg);
  const byBand = (silence: Silence): number | null => crossing(buys, silence, alertLine(buys, silence));
  const band = worthOf(alertsOf(repeaters, byBand, windowEndAt));
  const warning = warningOf(all, byBand);
  const last = all.filter(({ nextAt }) => nextAt === Infinity);
  const shown = last.filter((_, index) => index % 120 === 0);
  return [
    '# CDNOW, the one-in-ten sample: crossings computed independently',
    '',
    'Printed by cdnow-crossings.ts beside this file; the test of the same name holds it and the domain against each other.',
    '',
    '## Alerts at exact instants, from the cut to the end of the data',
    '',
    '| rule | alerts | never bought again | no purchase within 13 weeks |',
    '| --- | --- | --- | --- |',
    row('MBG/NBD, P(alive) at .5', replayed(aliveMbg(mbg), 0.5, all)),
    row('MBG/NBD, P(alive) at .2', replayed(aliveMbg(mbg), 0.2, all)),
    row('BG/NBD, P(alive) at .5, repeaters', replayed(aliveBg(bg), 0.5, repeaters)),
    '',
    '## The default alert band, to 13 weeks before the end of the data',
    '',
    '| alerts of repeaters | precision | long silences | recall | lead, weeks |',
    '| --- | --- | --- | --- | --- |',
    `| ${band.alerts} | ${band.precision.toFixed(3)} | ${warning.long} | ${warning.recall.toFixed(2)} | ${warning.leadWeeks.toFixed(1)} |`,
    '',
    '## The last silence of every 120th customer',
    '',
    '| customer | x | last purchase | P(alive) at .5 | P(buy within 13 w) at .35 |',
    '| --- | --- | --- | --- | --- |',
    ...shown.map((silence) => {
      const { customerId, x, lastAt } = silence;
      const instants = [crossing(aliveMbg(mbg), silence, 0.5), crossing(buysMbg(mbg), silence, 0.35)];
      return `| ${customerId} | ${x} | ${iso(lastAt).slice(0, 10)} | ${instants.map(iso).join(' | ')} |`;
    }),
    '',
  ].join('\n');
}

if (process.argv[1] === import.meta.filename) {
  process.stdout.write(report(join(import.meta.dirname, '../../examples/cdnow/purchases-sample.csv.gz')));
}
