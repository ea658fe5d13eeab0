/** `node deploy/observability/write.ts`: the dashboards as the JSON files that Grafana is provisioned with. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dashboards } from './dashboards.ts';
import { grafanaModel, type Dashboard } from './panels.ts';

/** Folder of the JSON files. */
export const dashboardFolder = join(import.meta.dirname, 'grafana/dashboards');

/** Returns the text of a dashboard's file. */
export function dashboardText(dashboard: Dashboard): string {
  return `${JSON.stringify(grafanaModel(dashboard), null, 2)}\n`;
}

if (import.meta.main) {
  mkdirSync(dashboardFolder, { recursive: true });
  for (const dashboard of dashboards) {
    writeFileSync(join(dashboardFolder, `${dashboard.uid}.json`), dashboardText(dashboard));
  }
}
