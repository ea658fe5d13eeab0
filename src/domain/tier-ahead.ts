/**
 * The first instant at which silence alone changes a tier, to the millisecond. The total is bounded on an interval by its falling
 * and rising parts at both ends; intervals whose bounds exclude every line are dropped, others are cut, leftmost first. Within a
 * stretch free of step instants a single moving factor is followed to its crossing directly.
 */
import type { TierAhead } from './contracts.ts';
import { decide, tierById } from './decide.ts';
import type { TierHeld } from './decide.ts';
import { partsOf } from './in-silence.ts';
import { firstInstant } from './math/first-instant.ts';
import type { MetricFunction } from './metric.ts';
import { metrics } from './metrics.ts';
import type { Factor, Model, TierLevel } from './model.ts';
import { shifted } from './moment.ts';
import type { Moment } from './moment.ts';
import { judgedProfit, scoreFactor, share } from './score.ts';
import { stepInstants } from './step-instants.ts';
import { dayMs } from './time.ts';

/** How far ahead is searched when somebody is told: money and frequency of a year have left by then. */
export const toldMs = 800 * dayMs;

/** Returns what becomes of the tier `held` after the moment and up to `to`, if the customer with purchases does nothing. */
export function tierAhead(moment: Moment, held: TierHeld, to: number, model: Model): TierAhead {
  const search = new Search(moment, held, to, model);
  const at = search.first();
  if (at === null) return { knownUntil: to, changes: false, tierId: null };
  return { knownUntil: at, changes: true, tierId: search.tierIdAt(at) };
}

/** A factor that moves between step instants, and the parts that bound it; a single part is the metric itself. */
interface Moving {
  readonly factor: Factor;
  readonly parts: readonly MetricFunction[];
}

/** The moving factors at an instant. */
interface Node {
  readonly at: number;
  readonly points: readonly number[];
  /** Value of each part; null where the metric is not defined. */
  readonly parts: readonly (readonly (number | null)[])[];
}

/** From a step instant to the next: what holds all through it. The tier changes below `leave` and at or above `enter`. */
interface Stretch {
  readonly from: number;
  readonly points: number;
  readonly profitMinor: number;
  readonly leave: number;
  readonly enter: number;
}

class Search {
  private readonly moment: Moment;
  private readonly held: TierHeld;
  private readonly model: Model;
  private readonly moving: Moving[] = [];
  private readonly steady: Factor[] = [];
  private readonly stretches: Stretch[] = [];
  private readonly until: number;
  private readonly current: TierLevel | null;

  constructor(moment: Moment, held: TierHeld, to: number, model: Model) {
    this.moment = moment;
    this.held = held;
    this.model = model;
    for (const factor of model.factors) {
      const parts = partsOf(factor.name, moment, model);
      if (parts.length > 0) this.moving.push({ factor, parts });
      else this.steady.push(factor);
    }
    this.current = tierById(model, held.tierId);
    this.until = to + 1;
    const from = moment.asOf + 1;
    if (from > to) return;
    const starts = [from, ...stepInstants(moment.state, model, from, to)];
    const dwellEnd = held.enteredAt === null ? from : Math.ceil(held.enteredAt + model.dwellMs);
    if (dwellEnd > from && dwellEnd <= to && !starts.includes(dwellEnd)) {
      starts.push(dwellEnd);
      starts.sort((left, right) => left - right);
    }
    for (const start of starts) this.stretches.push(this.stretchFrom(start));
  }

  first(): number | null {
    const [start] = this.stretches;
    if (start === undefined) return null;
    return this.among(0, this.stretches.length - 1, this.node(start.from), this.node(this.until));
  }

  tierIdAt(at: number): string {
    const stretch = this.stretches.findLast(({ from }) => from <= at);
    if (stretch === undefined) throw new Error('invariant: an instant searched lies in a stretch');
    return this.tierId(this.node(at), stretch);
  }

  /** The first change in the stretches first … last; `end` is where the last one ends and belongs to it no more. */
  private among(first: number, last: number, start: Node, end: Node): number | null {
    if (!this.mayChange(start, end, first, last)) return null;
    const stretch = this.stretches[first];
    if (stretch === undefined) return null;
    if (first === last) {
      return this.tierId(start, stretch) === this.held.tierId ? this.within(first, start, end, 1) : start.at;
    }
    const middle = Math.floor((first + last) / 2) + 1;
    const border = this.node(this.stretches[middle]?.from ?? this.until, start, end);
    return this.among(first, middle - 1, start, border) ?? this.among(middle, last, border, end);
  }

  /** The first change after `low`, where there is none, and before `high`. */
  private within(index: number, low: Node, high: Node, depth: number): number | null {
    const stretch = this.stretches[index];
    if (stretch === undefined || high.at - low.at <= 1 || !this.mayChange(low, high, index, index)) return null;
    const direct = this.direct(stretch, low, high);
    if (direct !== null) return direct;
    const mid = this.node(this.cutAt(stretch, low, high, depth), low, high);
    const before = this.within(index, low, mid, depth + 1);
    if (before !== null) return before;
    return this.tierId(mid, stretch) === this.held.tierId ? this.within(index, mid, high, depth + 1) : mid.at;
  }

  /** Follows the only factor that moves between two instants to its line; null where more than one does, or none gets there. */
  private direct(stretch: Stretch, low: Node, high: Node): number | null {
    const index = this.onlyMoved(low, high);
    const moving = this.moving[index];
    if (moving === undefined || moving.parts.length > 1) return null;
    const [from, to] = [this.total(low, stretch), this.total(high, stretch)];
    const sign = to < from ? 1 : -1;
    const steps = sign > 0 ? from - Math.ceil(stretch.leave) + 1 : stretch.enter - from;
    const line = (low.points[index] ?? 0) - sign * (steps - 0.5);
    const at = firstInstant(low.at, high.at, (instant) => sign * (this.raw(moving, instant) - line));
    if (at === null || at >= high.at) return null;
    const isFirst =
      this.tierId(this.node(at), stretch) !== this.held.tierId &&
      (at === low.at + 1 || this.tierId(this.node(at - 1), stretch) === this.held.tierId);
    return isFirst ? at : null;
  }

  /** Place of the only factor that moves between two instants; -1 where none does, or more than one. */
  private onlyMoved(low: Node, high: Node): number {
    let only = -1;
    for (let index = 0; index < this.moving.length; index += 1) {
      const moving = this.moving[index];
      if (moving === undefined || !isMoved(moving, low, high, index)) continue;
      if (only >= 0) return -1;
      only = index;
    }
    return only;
  }

  private raw({ factor }: Moving, at: number): number {
    const value = metrics[factor.name].valueOf(shifted(this.moment, at), this.model);
    return factor.weight * share(factor.anchors, value ?? factor.prior);
  }

  /** Cuts where a straight line would cross, and every other time in the middle. */
  private cutAt(stretch: Stretch, low: Node, high: Node, depth: number): number {
    const [from, to] = [this.total(low, stretch), this.total(high, stretch)];
    const line = to < from ? stretch.leave - 0.5 : stretch.enter - 0.5;
    const part = depth % 2 === 1 && from !== to && Number.isFinite(line) ? (from - line) / (from - to) : 0.5;
    const at = low.at + Math.floor((high.at - low.at) * Math.min(15 / 16, Math.max(1 / 16, part)));
    return Math.min(high.at - 1, Math.max(low.at + 1, at));
  }

  /** False when no total between the two nodes, with what the stretches first … last add, is on another side of a line. */
  private mayChange(low: Node, high: Node, first: number, last: number): boolean {
    let least = 0;
    let most = 0;
    for (let index = 0; index < this.moving.length; index += 1) {
      const moving = this.moving[index];
      if (moving === undefined) continue;
      if (moving.parts.length === 1) {
        const from = low.points[index] ?? 0;
        const to = high.points[index] ?? 0;
        least += Math.min(from, to);
        most += Math.max(from, to);
        continue;
      }
      const [from, to] = pointsBetween(moving, low, high, index);
      least += from;
      most += to;
    }
    for (let index = first; index <= last; index += 1) {
      const stretch = this.stretches[index];
      if (stretch === undefined) continue;
      if (stretch.points + least < stretch.leave || stretch.points + most >= stretch.enter) return true;
    }
    return false;
  }

  private total(node: Node, { points }: Stretch): number {
    let total = points;
    for (const moved of node.points) total += moved;
    return total;
  }

  private tierId(node: Node, stretch: Stretch): string {
    return decide(this.held, this.total(node, stretch), node.at, this.model, stretch.profitMinor).id;
  }

  private stretchFrom(from: number): Stretch {
    const moment = shifted(this.moment, from);
    let points = 0;
    for (const factor of this.steady) points += this.pointsAt(factor, moment);
    const profitMinor = judgedProfit(moment, this.model);
    return { from, points, profitMinor, leave: this.leaveAt(from, profitMinor), enter: this.enterAt(profitMinor) };
  }

  private pointsAt(factor: Factor, moment: Moment): number {
    return scoreFactor(factor, metrics[factor.name].valueOf(moment, this.model)).points;
  }

  /** As `decide` has it: no fall in the dwell, none into a tier whose floor the profit is below, any fall from such a tier. */
  private leaveAt(from: number, profitMinor: number): number {
    const { current, held, model } = this;
    const dwells = from - (held.enteredAt ?? from) < model.dwellMs;
    if (current === null || dwells) return -Infinity;
    return meetsFloor(current, profitMinor) ? (current.leave ?? -Infinity) : Infinity;
  }

  private enterAt(profitMinor: number): number {
    let enter: number | null = null;
    for (const tier of this.model.tiers) {
      if (tier.rank < (this.current?.rank ?? Infinity) && meetsFloor(tier, profitMinor)) enter = tier.enter;
    }
    return enter ?? Infinity;
  }

  /** A factor that earns the same at both neighbours earns it between them too, and need not be asked. */
  private node(at: number, low?: Node, high?: Node): Node {
    const moment = shifted(this.moment, at);
    const points: number[] = [];
    const parts: (readonly (number | null)[])[] = [];
    for (let index = 0; index < this.moving.length; index += 1) {
      const moving = this.moving[index];
      if (moving === undefined) continue;
      const known = low?.points[index];
      if (low !== undefined && high !== undefined && known !== undefined && !isMoved(moving, low, high, index)) {
        points.push(known);
        parts.push(low.parts[index] ?? noValues);
        continue;
      }
      points.push(this.pointsAt(moving.factor, moment));
      parts.push(moving.parts.length === 1 ? noValues : moving.parts.map((part) => part(moment, this.model)));
    }
    return { at, points, parts };
  }
}

const noValues: readonly (number | null)[] = [];

function meetsFloor({ profitFloorMinor }: TierLevel, profitMinor: number): boolean {
  return profitMinor >= (profitFloorMinor ?? -Infinity);
}

function isMoved(moving: Moving, low: Node, high: Node, index: number): boolean {
  return moving.parts.length > 1 || low.points[index] !== high.points[index];
}

/** Least and most points between two nodes of a factor of several parts. */
function pointsBetween({ factor }: Moving, low: Node, high: Node, index: number): readonly [number, number] {
  const ends = [low.points[index] ?? 0, high.points[index] ?? 0];
  const [from, to] = [low.parts[index] ?? noValues, high.parts[index] ?? noValues];
  for (const extreme of [Math.min, Math.max]) {
    const sum = from.reduce<number>((value, part, nth) => value + extreme(part ?? 0, to[nth] ?? 0), 0);
    ends.push(scoreFactor(factor, sum).points);
  }
  return [Math.min(...ends), Math.max(...ends)];
}
