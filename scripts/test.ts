/**
 * `npm test`: every test there is. Unit tests first, then integration tests on a real Kafka, which is found or started
 * (deploy/local-stack). Ends with the line `N passed, N failed`; exit code 1 on a failure or when nothing ran.
 * `npm test -- <part of a path>` runs only the files that match.
 */
import { runVitest, type Counts } from './vitest-run.ts';

const filters = process.argv.slice(2);
const started = Date.now();

console.log(`Node ${process.versions.node}. First the unit tests (seconds), then the integration tests (minutes).`);
console.log('Kafka: KAFKA_BROKERS and SCHEMA_REGISTRY_URL if set, else Docker, else Java jars fetched once by Maven.');

const runs: Counts[] = [];
for (const project of ['unit', 'integration'] as const) {
  console.log(`\n== ${project} ==`);
  runs.push(await runVitest(project, filters));
}
const passed = runs.reduce((sum, run) => sum + run.passed, 0);
const failed = runs.reduce((sum, run) => sum + run.failed, 0);
const isMissing = filters.length === 0 ? runs.some((run) => run.passed + run.failed === 0) : passed + failed === 0;
if (isMissing) console.log('\nNo test ran in one of the two: that is a failure.');
console.log(`\n${((Date.now() - started) / 1000).toFixed(0)} s`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || isMissing ? 1 : 0;
