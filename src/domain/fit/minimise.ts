/**
 * Minimises a smooth function of a few variables inside a box: BFGS with the gradient given, projected on the bounds.
 * Deterministic. Made for likelihoods in log-parameters: 3 or 4 variables, well scaled, one minimum.
 *
 * Source: Nocedal & Wright 2006, Numerical Optimization, algorithms 6.1 and 3.1; bounds as in Bertsekas 1982 (a variable on
 * its bound that the gradient presses outwards is held). Hazard: a likelihood that rises for ever (no drop-out seen) ends on
 * a bound; `atBounds` says so and the caller decides.
 */

/** Value and gradient at a point. */
export interface Slope {
  readonly value: number;
  readonly gradient: readonly number[];
}

export interface Bounds {
  readonly low: number;
  readonly high: number;
}

export interface Minimum extends Slope {
  readonly point: readonly number[];
  readonly iterations: number;
  /** True when the gradient (of variables not on a bound) is as good as zero. */
  readonly converged: boolean;
  readonly atBounds: readonly boolean[];
}

const iterationsMax = 300;
/** Of a mean log-likelihood near 1: parameters are then right to about 1e-6. */
const gradientTolerance = 1e-8;
/** A step that promises less than this share of the value drowns in the rounding of a sum over a million customers. */
const promiseTolerance = 1e-13;
/** Longest step in any variable: e^2 in a parameter, so that a first step cannot leave the sensible. */
const stepMax = 2;

/** Returns the minimum found from `start`. */
export function minimise(f: (point: readonly number[]) => Slope, start: readonly number[], bounds: Bounds): Minimum {
  let point = start.map((value) => clamp(value, bounds));
  let here = f(point);
  let inverse = identity(point.length);
  let iterations = 0;
  let isFresh = true;
  for (; iterations < iterationsMax; iterations += 1) {
    const held = heldAt(point, here.gradient, bounds);
    if (here.gradient.every((slope, index) => held[index] === true || Math.abs(slope) < gradientTolerance)) break;
    const along = direction(inverse, here.gradient, held);
    if (Math.abs(dot(along, here.gradient)) < promiseTolerance * Math.abs(here.value)) break;
    const next = lineSearch(f, point, here, along, bounds);
    if (next === null) {
      // The model of the curvature misleads: start it afresh once; if steepest descent fails too, this is the end.
      if (isFresh) break;
      inverse = identity(point.length);
      isFresh = true;
      continue;
    }
    inverse = updated(inverse, minus(next.point, point), minus(next.slope.gradient, here.gradient));
    isFresh = false;
    point = next.point;
    here = next.slope;
  }
  const held = heldAt(point, here.gradient, bounds);
  return {
    ...here,
    point,
    iterations,
    converged: here.gradient.every((slope, index) => held[index] === true || Math.abs(slope) < 100 * gradientTolerance),
    atBounds: point.map((value) => value <= bounds.low || value >= bounds.high),
  };
}

function clamp(value: number, { low, high }: Bounds): number {
  return Math.min(high, Math.max(low, value));
}

function heldAt(point: readonly number[], gradient: readonly number[], { low, high }: Bounds): readonly boolean[] {
  return point.map((value, index) => {
    const slope = gradient[index] ?? 0;
    return (value <= low && slope > 0) || (value >= high && slope < 0);
  });
}

type Matrix = readonly (readonly number[])[];

function identity(size: number): Matrix {
  return Array.from({ length: size }, (_, row) =>
    Array.from({ length: size }, (__, column) => (row === column ? 1 : 0)),
  );
}

function direction(inverse: Matrix, gradient: readonly number[], held: readonly boolean[]): readonly number[] {
  const free = gradient.map((slope, index) => (held[index] === true ? 0 : slope));
  const raw = times(inverse, free).map((value, index) => (held[index] === true ? 0 : -value));
  const downhill = dot(raw, free) < 0 ? raw : free.map((slope) => -slope);
  const longest = Math.max(...downhill.map(Math.abs));
  return longest > stepMax ? downhill.map((value) => (value * stepMax) / longest) : downhill;
}

interface Step {
  readonly point: number[];
  readonly slope: Slope;
}

/** Halves the step until it brings a fair part of what the slope promises. */
function lineSearch(
  f: (point: readonly number[]) => Slope,
  point: readonly number[],
  here: Slope,
  along: readonly number[],
  bounds: Bounds,
): Step | null {
  const promised = dot(along, here.gradient);
  for (let share = 1; share > 1e-10; share /= 2) {
    const tried = point.map((value, index) => clamp(value + share * (along[index] ?? 0), bounds));
    const slope = f(tried);
    // Near the minimum the value no longer moves in double precision; a smaller gradient is progress then.
    const isFlat = Math.abs(slope.value - here.value) <= 1e-14 * Math.abs(here.value);
    const isLower = slope.value <= here.value + 1e-4 * share * promised;
    if (isLower || (isFlat && norm(slope.gradient) < norm(here.gradient))) return { point: tried, slope };
  }
  return null;
}

/** The BFGS update of the inverse Hessian; unchanged where the step saw no positive curvature. */
function updated(inverse: Matrix, step: readonly number[], change: readonly number[]): Matrix {
  const curvature = dot(step, change);
  if (!(curvature > 1e-14)) return inverse;
  const spread = times(inverse, change);
  const scale = (1 + dot(change, spread) / curvature) / curvature;
  return inverse.map((row, i) =>
    row.map((value, j) => {
      const [si = 0, sj = 0, pi = 0, pj = 0] = [step[i], step[j], spread[i], spread[j]];
      return value + scale * si * sj - (si * pj + pi * sj) / curvature;
    }),
  );
}

function times(matrix: Matrix, vector: readonly number[]): number[] {
  return matrix.map((row) => dot(row, vector));
}

function dot(left: readonly number[], right: readonly number[]): number {
  return left.reduce((sum, value, index) => sum + value * (right[index] ?? 0), 0);
}

function norm(vector: readonly number[]): number {
  return Math.sqrt(dot(vector, vector));
}

function minus(left: readonly number[], right: readonly number[]): number[] {
  return left.map((value, index) => value - (right[index] ?? 0));
}
