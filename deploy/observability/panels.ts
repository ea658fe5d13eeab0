/**
 * Grafana dashboards as plain typed objects: just as much of Grafana's model as ours use, so that a panel cannot be
 * written without a unit and a description. What is on them is in dashboards.ts.
 */

/** Grafana's ids of the units in use. */
export type Unit = 'short' | 's' | 'bytes' | 'percentunit' | 'reqps' | 'cps' | 'dateTimeFromNow';

/** One curve or set of curves. */
export interface Query {
  /** PromQL; `$job` is the dashboard's variable, `$__rate_interval` and `$__range` are Grafana's. */
  readonly expr: string;
  /** Name in the legend; `{{label}}` stands for a label's value. */
  readonly legend: string;
}

export interface Panel {
  readonly title: string;
  /** What it shows and what to make of it; one or two sentences. */
  readonly description: string;
  readonly unit: Unit;
  readonly kind: 'timeseries' | 'stat' | 'bargauge';
  /** Of the 24 columns of a row. */
  readonly width: 6 | 8 | 12;
  readonly stacked?: boolean;
  readonly queries: readonly Query[];
}

export interface Dashboard {
  /** Also its file name. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly rows: readonly { readonly title: string; readonly panels: readonly Panel[] }[];
}

const dataSource = { type: 'prometheus', uid: '${datasource}' };
const columns = 24;
const panelHeight = 8;

/** Returns Grafana's JSON model of a dashboard. */
export function grafanaModel(dashboard: Dashboard): Readonly<Record<string, unknown>> {
  const panels: unknown[] = [];
  let y = 0;
  for (const row of dashboard.rows) {
    panels.push({
      ...{ id: panels.length + 1, type: 'row', title: row.title, collapsed: false, panels: [] },
      gridPos: { x: 0, y, w: columns, h: 1 },
    });
    y += 1;
    let x = 0;
    for (const panel of row.panels) {
      if (x + panel.width > columns) {
        x = 0;
        y += panelHeight;
      }
      panels.push(panelModel(panel, panels.length + 1, { x, y, w: panel.width, h: panelHeight }));
      x += panel.width;
    }
    y += panelHeight;
  }
  const { uid, title, description } = dashboard;
  return {
    ...{ uid, title, description, tags: ['clientele'], schemaVersion: 39, version: 1, editable: false },
    ...{ timezone: 'browser', refresh: '10s', time: { from: 'now-1h', to: 'now' } },
    templating: { list: [dataSourceVariable, jobVariable] },
    panels,
  };
}

const dataSourceVariable = {
  ...{ name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' },
  ...{ current: {}, hide: 0, refresh: 1, regex: '', multi: false, includeAll: false },
};

const jobVariable = {
  ...{ name: 'job', label: 'Service', type: 'query', datasource: dataSource, refresh: 2, hide: 0, sort: 1 },
  ...{ query: { query: 'label_values(clientele_build_info, job)', refId: 'job' }, current: {}, regex: '' },
  ...{ multi: true, includeAll: true, allValue: '.+' },
};

function panelModel(panel: Panel, id: number, gridPos: Readonly<Record<string, number>>): Record<string, unknown> {
  const { title, description, unit, kind } = panel;
  return {
    ...{ id, type: kind, title, description, datasource: dataSource, gridPos },
    fieldConfig: {
      defaults: {
        unit,
        min: 0,
        ...(kind === 'timeseries' ? { custom: { ...drawing, ...(panel.stacked === true ? stacked : {}) } } : {}),
      },
      overrides: [],
    },
    options: kind === 'timeseries' ? { legend: { displayMode: 'list', placement: 'bottom' } } : lastValue,
    targets: panel.queries.map(({ expr, legend }, at) => ({
      ...{ refId: String.fromCharCode('A'.charCodeAt(0) + at), datasource: dataSource, expr, legendFormat: legend },
      ...(kind === 'timeseries' ? { range: true } : { instant: true, range: false }),
    })),
  };
}

const drawing = { drawStyle: 'line', lineWidth: 1, fillOpacity: 10, showPoints: 'never' };
const stacked = { stacking: { mode: 'normal', group: 'A' }, fillOpacity: 40 };
const lastValue = { reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false } };
