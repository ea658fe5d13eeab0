/**
 * Clusters: the frozen centroid of the model nearest to a customer's standardised features. Nothing moves a centroid here.
 * A missing feature stands at its mean; equal distances go to the first centroid of the model.
 */
import { metrics } from './metrics.ts';
import type { ClusterFeature, Model } from './model.ts';
import type { Moment } from './moment.ts';

/** Returns the id of the nearest centroid; null where the model has none, or for a customer without a purchase. */
export function clusterOf(moment: Moment, model: Model): string | null {
  if (model.clusters === null || moment.occasions === null) return null;
  const at = model.clusters.features.map((feature) =>
    standardised(feature, metrics[feature.metric].valueOf(moment, model)),
  );
  let nearest: string | null = null;
  let least = Infinity;
  for (const centroid of model.clusters.centroids) {
    const distance = at.reduce((sum, value, index) => sum + (value - (centroid.at[index] ?? 0)) ** 2, 0);
    if (distance >= least) continue;
    least = distance;
    nearest = centroid.id;
  }
  return nearest;
}

function standardised({ scale, mean, sd }: ClusterFeature, value: number | null): number {
  if (value === null) return 0;
  const scaled = scale === 'log' ? Math.sign(value) * Math.log1p(Math.abs(value)) : value;
  return (scaled - mean) / sd;
}
