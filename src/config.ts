/**
 * Environment and optional file -> frozen configuration, or every fault at once. The only reader of process.env.
 *
 * The table in settings.ts is the whole truth. The file named by CLIENTELE_CONFIG is YAML with the same names as
 * keys; the environment wins. Files of secrets are looked at (connection.ts); nothing else is: whether a broker answers
 * or a model is valid is found out by who uses it.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { suggestion } from './domain/nearest.ts';
import { connectionFaults, connectionFiles, isLoopback } from './connection.ts';
import { settings } from './settings.ts';

/** The configuration of one process, frozen. Units are in the names; see the settings table. */
export type Config = { readonly [K in keyof typeof settings]: z.output<(typeof settings)[K]['schema']> };

/** Name of the variable that points to the optional YAML file. */
export const configFileVariable = 'CLIENTELE_CONFIG';

/** Every fault of the configuration, one sentence each, the name of the setting first. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(
      `${faults.length === 1 ? '1 fault' : `${faults.length} faults`} in the configuration:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
    );
    this.faults = faults;
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Returns a copy of the environment of this process. */
export function processEnvironment(): Environment {
  return { ...process.env };
}

/**
 * Resolves the configuration from `env` and the file it names (relative paths start from `cwd`).
 * Throws: ConfigError with every fault found in both.
 */
export function loadConfig(env: Environment, cwd: string): Config {
  const faults: string[] = [];
  const file = env[configFileVariable];
  const fromFile = file === undefined || file === '' ? {} : readConfigFile(resolve(cwd, file), faults);
  const known = new Set<string>([configFileVariable, ...Object.values(settings).map((setting) => setting.name)]);
  for (const name of Object.keys(env)) {
    if (!name.startsWith('CLIENTELE_') || known.has(name) || isForeign(name)) continue;
    faults.push(`${name} is not a setting.${suggestion(name, known)}`);
  }
  for (const name of Object.keys(fromFile)) {
    if (!known.has(name)) faults.push(`${name} in ${configFileVariable} is not a setting.${suggestion(name, known)}`);
  }

  const values: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries(settings)) {
    const given = present(env[setting.name]) ?? fromFile[setting.name] ?? setting.fallback;
    if (given === null) {
      faults.push(`${setting.name} is missing (${setting.unit}): ${setting.why}`);
      continue;
    }
    const parsed = setting.schema.safeParse(given);
    if (parsed.success) values[key] = deepFreeze(parsed.data);
    else faults.push(`${setting.name} ${parsed.error.issues[0]?.message ?? 'is not valid'}: ${shown(given)}`);
  }
  for (const key of connectionFiles) {
    const path = values[key];
    if (typeof path === 'string' && path !== '') values[key] = resolve(cwd, path);
  }
  checkTogether(values, faults);
  if (faults.length > 0) throw new ConfigError(faults);
  return Object.freeze(values) as Config;
}

/** A faulty value in a message; a password written into a URL is no part of it. */
function shown(value: string): string {
  return JSON.stringify(value.replace(/\/\/.*@/, '//…@'));
}

/** Returns the settings as a table of text for help: name, default, range and unit, why. */
export function settingsTable(): string {
  const rows = Object.values(settings).map((setting) => {
    const fallback = setting.fallback === null ? 'required' : setting.fallback === '' ? '(empty)' : setting.fallback;
    return `  ${setting.name.padEnd(30)} ${fallback.padEnd(16)} ${setting.range} (${setting.unit})\n      ${setting.why}`;
  });
  return `${rows.join('\n')}\n  ${configFileVariable.padEnd(30)} ${'(none)'.padEnd(16)} a YAML file (path)\n      Settings by the same names; the environment wins.`;
}

type Values = Partial<Config>;

function checkTogether(values: Values, faults: string[]): void {
  faults.push(...connectionFaults(values));
  checkApi(values, faults);
  const { commitIntervalMs, idleCommitMs } = values;
  if (commitIntervalMs !== undefined && idleCommitMs !== undefined && idleCommitMs < commitIntervalMs) {
    faults.push(
      `${settings.idleCommitMs.name} (${idleCommitMs}) is below ${settings.commitIntervalMs.name} (${commitIntervalMs})`,
    );
  }
}

/** What the data API shows must not be shown to everybody. */
function checkApi(
  { api, apiAddress, apiTokenFile, apiTlsCertFile, apiTlsKeyFile, apiClientCaFile }: Values,
  faults: string[],
): void {
  if ((apiTlsCertFile === '') !== (apiTlsKeyFile === '')) {
    faults.push(`${settings.apiTlsCertFile.name} and ${settings.apiTlsKeyFile.name} are given together or not at all`);
  }
  if (apiClientCaFile !== '' && apiTlsCertFile === '') {
    faults.push(`${settings.apiClientCaFile.name} needs ${settings.apiTlsCertFile.name}`);
  }
  if (api === undefined) return;
  if (!isLoopback(api.host) && apiTokenFile === '' && apiClientCaFile === '') {
    faults.push(
      `${settings.api.name} (${api.host}) is not the loopback: give ${settings.apiTokenFile.name} or ${settings.apiClientCaFile.name}`,
    );
  }
  if (/^(?:0\.0\.0\.0|::)$/.test(api.host) && apiAddress === '') {
    faults.push(
      `${settings.api.name} is every address: say in ${settings.apiAddress.name} how others reach this process`,
    );
  }
}

function readConfigFile(path: string, faults: string[]): Readonly<Record<string, string>> {
  let content: unknown;
  try {
    content = parseYaml(readFileSync(path, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    faults.push(`${configFileVariable} cannot be read: ${reason}`);
    return {};
  }
  const shape = z.record(z.string(), z.union([z.string(), z.number(), z.array(z.string())]));
  const parsed = shape.safeParse(content ?? {});
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const name = issue.path[0];
      faults.push(
        name === undefined
          ? `${configFileVariable} is not a mapping of settings`
          : `${String(name)} in ${configFileVariable} is not text, a number or a list of texts`,
      );
    }
    return {};
  }
  return Object.fromEntries(
    Object.entries(parsed.data).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : String(value)]),
  );
}

/** An empty variable counts as absent: orchestrators cannot always leave one out. */
function present(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

/** Read by deploy/local-stack in the same shell. */
const localStackVariables: ReadonlySet<string> = new Set(['CLIENTELE_STACK', 'CLIENTELE_CACHE_DIR']);

/** Ours by its beginning and rightly there: also what Kubernetes puts beside a Service named `clientele…`. */
function isForeign(name: string): boolean {
  if (localStackVariables.has(name)) return true;
  return /_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP)(_\w+)?)?)$/.test(name);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.freeze(value);
  return value;
}
