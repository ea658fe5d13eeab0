/**
 * The part of a model that sorts customers into groups: RFM cut points, named segments, the eight-type grid, clusters.
 * A rule that can never apply is refused, because it reads as if it did.
 */
import { unknownName } from './check.ts';
import type { Part } from './check.ts';
import { isMetricName, metrics } from './metrics.ts';
import type { Centroid, ClusterFeature, Clusters, Cuts, GridCuts, Rfm, ScoreRange, Segment } from './model.ts';
import { rfmCells, segmentOf } from './rfm.ts';

/** Reads the RFM part: increasing cut points, and segments that can all apply. */
export function rfmIn(part: Part): Rfm {
  part.object(['recencyDays', 'frequency', 'monetaryMinor'], ['window', 'grid', 'segments']);
  const recencyDays = cutsIn(part.at('recencyDays'));
  const frequency = cutsIn(part.at('frequency'));
  const monetaryMinor = cutsIn(part.at('monetaryMinor'));
  const middles = {
    recencyDays: middle(recencyDays),
    frequency: middle(frequency),
    monetaryMinor: middle(monetaryMinor),
  };
  return {
    window: part.at('window').oneOf('window', ['trailing', 'lifetime']),
    recencyDays,
    frequency,
    monetaryMinor,
    grid: gridIn(part.at('grid'), middles),
    segments: segmentsIn(part.at('segments')),
  };
}

function cutsIn(part: Part): Cuts {
  const [first = 0, second = 0, third = 0, fourth = 0] = part.increasing(part.list(4, 4));
  return [first, second, third, fourth];
}

/** Half way between the second and the third cut: of quintiles, about the median. */
function middle([, second, third]: Cuts): number {
  return (second + third) / 2;
}

function gridIn(part: Part, middles: GridCuts): GridCuts {
  if (part.isMissing) return middles;
  part.object([], ['recencyDays', 'frequency', 'monetaryMinor']);
  const cut = (key: keyof GridCuts): number => (part.at(key).isMissing ? middles[key] : part.at(key).number());
  return { recencyDays: cut('recencyDays'), frequency: cut('frequency'), monetaryMinor: cut('monetaryMinor') };
}

function segmentsIn(part: Part): readonly Segment[] {
  const before = part.faultCount;
  const parts = part.list(0, 125);
  const segments = parts.map((entry) => {
    entry.object(['id', 'recency', 'frequency', 'monetary']);
    return {
      id: entry.at('id').text(),
      recency: rangeIn(entry.at('recency')),
      frequency: rangeIn(entry.at('frequency')),
      monetary: rangeIn(entry.at('monetary')),
    };
  });
  if (part.faultCount > before) return segments;
  refuseRepeats(parts, segments);
  segments.forEach((segment, index) => {
    const taken = takenFrom(segment, segments.slice(0, index));
    if (taken === null) return;
    parts[index]?.fault(
      `${segment.id} can never apply: ${taken.join(', ')} before it ${taken.length > 1 ? 'take' : 'takes'} all of it`,
    );
  });
  return segments;
}

/** Ids of the earlier segments that leave nothing of `segment`; null when something is left. */
function takenFrom(segment: Segment, earlier: readonly Segment[]): readonly string[] | null {
  const own = rfmCells().filter((cell) => segmentOf(cell, [segment]) !== null);
  const takers = own.map((cell) => segmentOf(cell, earlier));
  if (takers.includes(null)) return null;
  return earlier.filter((one) => takers.includes(one)).map(({ id }) => id);
}

function rangeIn(part: Part): ScoreRange {
  const [lowest, highest] = part.list(2, 2).map((entry) => entry.number({ min: 1, max: 5, isInteger: true }));
  if (lowest === undefined || highest === undefined) return [1, 5];
  if (lowest > highest) part.fault(`runs from ${lowest} down to ${highest}; give the lower score first`);
  return [lowest, highest];
}

/** Reads the clusters: every centroid with one value per feature, no two alike. */
export function clustersIn(part: Part): Clusters {
  part.object(['features', 'centroids']);
  const features = part.at('features').list(1, 16).flatMap(featureIn);
  const parts = part.at('centroids').list(2, 32);
  const centroids = parts.map((entry) => centroidIn(entry, part.at('features').list(1, 16).length));
  refuseRepeats(parts, centroids);
  centroids.forEach(({ at }, index) => {
    const twin = centroids.slice(0, index).find((other) => other.at.join() === at.join());
    if (twin !== undefined && at.length > 0)
      parts[index]?.at('at').fault(`is where ${twin.id} is: one of the two can never apply`);
  });
  return { features, centroids };
}

function featureIn(part: Part): readonly ClusterFeature[] {
  part.object(['metric', 'mean', 'sd'], ['scale']);
  const metric = part.at('metric').text();
  const scale = part.at('scale').isMissing ? 'linear' : part.at('scale').oneOf('scale', ['linear', 'log']);
  const mean = part.at('mean').number();
  const sd = part.at('sd').number({ above: 0 });
  if (isMetricName(metric)) return [{ metric, scale, mean, sd }];
  if (metric !== '') part.at('metric').fault(`${metric} ${unknownName('metric', metric, Object.keys(metrics))}`);
  return [];
}

function centroidIn(part: Part, width: number): Centroid {
  part.object(['id', 'at']);
  const at = width > 0 ? part.at('at').list(width, width) : [];
  return { id: part.at('id').text(), at: at.map((value) => value.number()) };
}

/** Refuses ids that are used twice in a list of named parts. */
export function refuseRepeats(parts: readonly Part[], named: readonly { readonly id: string }[]): void {
  named.forEach(({ id }, index) => {
    if (named.findIndex((other) => other.id === id) < index) parts[index]?.at('id').fault(`${id} is used twice`);
  });
}
