/**
 * Frozen customer clusters: k-means on standardised features, k by silhouette on a fixed-seed sample, each centroid named by
 * the features that set it apart. The stream assigns the nearest; it never moves a centroid.
 *
 * Source: Lloyd 1982 with the seeding of Arthur & Vassilvitskii 2007 (k-means++); Rousseeuw 1987 (silhouette).
 * Hazard: k-means finds a local optimum; the seed is fixed, so the same data give the same clusters.
 */
import type { MetricName } from '../metrics.ts';
import { randomFrom, sampleIndices } from './random.ts';

/** A metric of every customer; it is scaled to sign(v) ln(1 + |v|) before it is standardised. */
export interface Feature {
  readonly metric: MetricName;
  readonly values: Float64Array;
  /** What a centroid far below or far above the mean is called, such as `recent` and `silent`. */
  readonly low: string;
  readonly high: string;
}

export interface ClusterFit {
  /** Mean and standard deviation of the scaled values. */
  readonly features: readonly ScaledFeature[];
  /** Most customers first. */
  readonly clusters: readonly Cluster[];
  /** Mean silhouette of the sample for the k chosen, -1 to 1: above .5 clear, below .25 hardly any structure. */
  readonly silhouette: number;
  readonly sampleSize: number;
}

export interface ScaledFeature {
  readonly metric: MetricName;
  readonly mean: number;
  readonly deviation: number;
}

export interface Cluster {
  readonly id: string;
  /** Standardised, one per feature. */
  readonly centroid: readonly number[];
  readonly share: number;
}

/** Customers needed: below this a centroid is an anecdote. */
export const clusterCustomersMin = 100;
const sampleMax = 5_000;
const seed = 20_240_229;
const kMax = 8;
const roundsMax = 50;
/** Half a standard deviation sets a centroid apart enough to name it by the feature. */
const namedFrom = 0.5;

type Point = readonly number[];

/** Fits clusters; null below 100 customers or when a feature does not vary. */
export function fitClusters(given: readonly Feature[]): ClusterFit | null {
  const features = given.map((feature) => ({
    ...feature,
    values: feature.values.map((value) => Math.sign(value) * Math.log1p(Math.abs(value))),
  }));
  const scales = features.map(({ metric, values }) => ({ metric, ...momentsOf(values) }));
  const count = features[0]?.values.length ?? 0;
  if (count < clusterCustomersMin || scales.some(({ deviation }) => deviation === 0)) return null;
  const pointAt = (row: number): Point =>
    features.map(({ values }, index) => {
      const { mean = 0, deviation = 1 } = scales[index] ?? {};
      return ((values[row] ?? 0) - mean) / deviation;
    });
  const sample = Array.from(sampleIndices(count, sampleMax, seed), pointAt);
  let best: { centroids: readonly Point[]; silhouette: number } | null = null;
  for (let k = 2; k <= kMax; k += 1) {
    const centroids = lloyd(sample, seeds(sample, k));
    if (centroids.length < k) break;
    const width = silhouetteOf(sample, centroids);
    if (best === null || width > best.silhouette) best = { centroids, silhouette: width };
  }
  if (best === null) return null;
  const { centroids, silhouette } = best;
  const sizes = new Array<number>(centroids.length).fill(0);
  for (let row = 0; row < count; row += 1) {
    const one = nearest(pointAt(row), centroids);
    sizes[one] = (sizes[one] ?? 0) + 1;
  }
  const order = centroids.map((_, index) => index).sort((left, right) => (sizes[right] ?? 0) - (sizes[left] ?? 0));
  const ids = namesOf(
    order.map((index) => centroids[index] ?? []),
    features,
  );
  return {
    features: scales,
    clusters: order.map((index, place) => ({
      id: ids[place] ?? '',
      centroid: centroids[index] ?? [],
      share: (sizes[index] ?? 0) / count,
    })),
    silhouette,
    sampleSize: sample.length,
  };
}

function momentsOf(values: Float64Array): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(variance) };
}

function seeds(points: readonly Point[], k: number): Point[] {
  const random = randomFrom(seed + k);
  const chosen: Point[] = [points[Math.floor(random() * points.length)] ?? []];
  const distances = points.map((point) => distance(point, chosen[0] ?? []));
  while (chosen.length < k) {
    const total = distances.reduce((sum, value) => sum + value, 0);
    if (total === 0) break;
    let left = random() * total;
    let at = 0;
    while (at < points.length - 1 && left >= (distances[at] ?? 0)) {
      left -= distances[at] ?? 0;
      at += 1;
    }
    const next = points[at] ?? [];
    chosen.push(next);
    points.forEach((point, index) => {
      distances[index] = Math.min(distances[index] ?? 0, distance(point, next));
    });
  }
  return chosen;
}

function lloyd(points: readonly Point[], start: readonly Point[]): readonly Point[] {
  let centroids = start;
  for (let round = 0; round < roundsMax; round += 1) {
    const sums = centroids.map((centroid) => ({ count: 0, total: centroid.map(() => 0) }));
    for (const point of points) {
      const sum = sums[nearest(point, centroids)];
      if (sum === undefined) continue;
      sum.count += 1;
      point.forEach((value, index) => {
        sum.total[index] = (sum.total[index] ?? 0) + value;
      });
    }
    const moved = sums.map(({ count, total }, index) =>
      count === 0 ? (centroids[index] ?? []) : total.map((value) => value / count),
    );
    const shift = Math.max(...moved.map((centroid, index) => distance(centroid, centroids[index] ?? [])));
    centroids = moved;
    if (shift < 1e-12) break;
  }
  return centroids;
}

/** Mean of (b - a) / max(a, b): a the mean distance to the own cluster, b to the nearest other one; 0 when alone. */
function silhouetteOf(points: readonly Point[], centroids: readonly Point[]): number {
  const labels = points.map((point) => nearest(point, centroids));
  const sizes = centroids.map((_, index) => labels.filter((label) => label === index).length);
  let sum = 0;
  const totals = new Float64Array(centroids.length);
  points.forEach((point, row) => {
    const own = labels[row] ?? 0;
    if ((sizes[own] ?? 0) < 2) return;
    totals.fill(0);
    points.forEach((other, index) => {
      const label = labels[index] ?? 0;
      totals[label] = (totals[label] ?? 0) + Math.sqrt(distance(point, other));
    });
    const inside = (totals[own] ?? 0) / ((sizes[own] ?? 0) - 1);
    let outside = Infinity;
    totals.forEach((total, label) => {
      if (label !== own && (sizes[label] ?? 0) > 0) outside = Math.min(outside, total / (sizes[label] ?? 1));
    });
    if (Number.isFinite(outside)) sum += (outside - inside) / Math.max(inside, outside, Number.MIN_VALUE);
  });
  return sum / points.length;
}

function nearest(point: Point, centroids: readonly Point[]): number {
  let best = 0;
  let least = Infinity;
  for (let index = 0; index < centroids.length; index += 1) {
    const apart = distance(point, centroids[index] ?? []);
    if (apart < least) [best, least] = [index, apart];
  }
  return best;
}

/** Squared. */
function distance(left: Point, right: Point): number {
  let sum = 0;
  for (let index = 0; index < left.length; index += 1) sum += ((left[index] ?? 0) - (right[index] ?? 0)) ** 2;
  return sum;
}

function namesOf(centroids: readonly Point[], features: readonly Feature[]): readonly string[] {
  const used = new Map<string, number>();
  return centroids.map((centroid) => {
    const words = features.flatMap(({ low, high }, index) => {
      const z = centroid[index] ?? 0;
      return z <= -namedFrom ? [low] : z >= namedFrom ? [high] : [];
    });
    const name = words.length === 0 ? 'average' : words.join('_');
    const times = (used.get(name) ?? 0) + 1;
    used.set(name, times);
    return times === 1 ? name : `${name}_${times}`;
  });
}
