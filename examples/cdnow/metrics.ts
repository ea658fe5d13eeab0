/** Reads a service's /metrics as a person with curl would; a few lines of Prometheus' text format, not all of it. */

export interface Metrics {
  /** Sum over all series of a metric. */
  sum(name: string): number;
  /** Sums by the values of one label. */
  by(name: string, label: string): ReadonlyMap<string, number>;
}

/** Asks `url`/metrics once. Rejects: when it does not answer with 200. */
export async function scrapeMetrics(url: string): Promise<Metrics> {
  const response = await fetch(`${url}/metrics`);
  if (!response.ok) throw new Error(`${url}/metrics answered ${response.status}`);
  return parseMetrics(await response.text());
}

/** Parses the text format. */
export function parseMetrics(text: string): Metrics {
  const series = text.split('\n').flatMap((line) => {
    const groups = /^(?<name>\w+)(?:\{(?<labels>[^}]*)\})? (?<value>\S+)/.exec(line)?.groups;
    return groups === undefined
      ? []
      : [{ name: groups['name'], labels: groups['labels'] ?? '', value: Number(groups['value']) }];
  });
  const of = (name: string): typeof series => series.filter((one) => one.name === name);
  return {
    sum: (name) => of(name).reduce((total, { value }) => total + value, 0),
    by: (name, label) => {
      const sums = new Map<string, number>();
      for (const { labels, value } of of(name)) {
        const found = new RegExp(`(?:^|,)${label}="([^"]*)"`).exec(labels)?.[1];
        if (found !== undefined) sums.set(found, (sums.get(found) ?? 0) + value);
      }
      return sums;
    },
  };
}
