/** The configuration: each setting's range, where values come from, and that every fault is told at once. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError, loadConfig, settingsTable } from '../src/config.ts';
import { settings } from '../src/settings.ts';

const needed = {
  KAFKA_BROKERS: 'a:9092,b:9093',
  SCHEMA_REGISTRY_URL: 'http://registry:8081/',
  CLIENTELE_ALLOW_PLAINTEXT: 'yes',
};
const directory = mkdtempSync(join(tmpdir(), 'clientele-config-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

function faultsOf(env: Readonly<Record<string, string>>): readonly string[] {
  try {
    loadConfig(env, directory);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

function file(name: string, content: string): string {
  writeFileSync(join(directory, name), content);
  return name;
}

describe('loadConfig', () => {
  it('fills every default when only broker and registry are given', () => {
    const config = loadConfig(needed, directory);
    expect(config).toMatchObject({
      kafkaBrokers: ['a:9092', 'b:9093'],
      schemaRegistryUrl: 'http://registry:8081',
      appId: 'clientele',
      modelPath: './model.yaml',
      http: { host: '127.0.0.1', port: 8080 },
      topicPrefix: '',
      commitIntervalMs: 100,
      onOffsetGap: 'stop',
      logLevel: 'info',
    });
    expect(Object.keys(config).sort()).toEqual(Object.keys(settings).sort());
  });

  it('is frozen, nested values included', () => {
    const config = loadConfig(needed, directory);
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.http)).toBe(true);
    expect(Object.isFrozen(config.kafkaBrokers)).toBe(true);
  });

  it.each([
    ['KAFKA_BROKERS', 'broker-without-port', 'is not a comma-separated list of host:port'],
    ['KAFKA_BROKERS', 'a:9092,,b:9092', 'is not a comma-separated list of host:port'],
    ['KAFKA_BROKERS', 'a:70000', 'is not a comma-separated list of host:port'],
    ['SCHEMA_REGISTRY_URL', 'registry:8081', 'is not an http or https URL'],
    ['CLIENTELE_APP_ID', 'our service', 'is not 1–100'],
    ['CLIENTELE_HTTP', '8080', 'is not host:port'],
    ['CLIENTELE_HTTP', 'localhost:65536', 'has a port outside 0–65535'],
    ['CLIENTELE_API', '0.0.0.0', 'is not host:port'],
    ['CLIENTELE_API_ADDRESS', 'http://host:1', 'is not host:port'],
    ['CLIENTELE_API_REQUESTS_PER_SECOND', '0', 'is outside 1–10000'],
    ['CLIENTELE_TOPIC_PREFIX', 'a/', 'is not 0–100'],
    ['CLIENTELE_COMMIT_INTERVAL_MS', '4', 'is outside 5–5000'],
    ['CLIENTELE_COMMIT_INTERVAL_MS', '100ms', 'is not a whole number'],
    ['CLIENTELE_COMMIT_MAX_RECORDS', '0', 'is outside 1–100000'],
    ['CLIENTELE_COMMIT_MAX_BYTES', '1', 'is outside 65536–67108864'],
    ['CLIENTELE_IDLE_COMMIT_MS', '99', 'is outside 100–3600000'],
    ['CLIENTELE_MERGE_WAIT_MS', '-1', 'is not a whole number'],
    ['CLIENTELE_START_DEADLINE_MS', '3600001', 'is outside 0–3600000'],
    ['CLIENTELE_DRAIN_DEADLINE_MS', '99', 'is outside 100–600000'],
    ['CLIENTELE_ON_OFFSET_GAP', 'newest', 'is not one of stop, earliest, latest'],
    ['CLIENTELE_LOG_LEVEL', 'verbose', 'is not one of info, warn, error'],
  ])('refuses %s=%s', (name, value, reason) => {
    const faults = faultsOf({ ...needed, [name]: value });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(`${name} ${reason}`);
    expect(faults[0]).toContain(JSON.stringify(value));
  });

  it.each([
    [{ CLIENTELE_API: '10.0.0.1:8090' }, /is not the loopback: give CLIENTELE_API_TOKEN_FILE or/],
    [{ CLIENTELE_API: '0.0.0.0:8090', CLIENTELE_API_TOKEN_FILE: 't' }, /say in CLIENTELE_API_ADDRESS how others/],
    [{ CLIENTELE_API_TLS_CERT_FILE: 'a.pem' }, /are given together or not at all/],
    [{ CLIENTELE_API_TLS_KEY_FILE: 'a.key' }, /are given together or not at all/],
    [{ CLIENTELE_API_CLIENT_CA_FILE: 'ca.pem' }, /needs CLIENTELE_API_TLS_CERT_FILE/],
  ])('refuses a data API as open as %j', (given, fault) => {
    expect(faultsOf({ ...needed, ...given })).toEqual([expect.stringMatching(fault)]);
  });

  it.each([
    { CLIENTELE_API: '10.0.0.1:8090', CLIENTELE_API_TOKEN_FILE: 't' },
    { CLIENTELE_API: '[::1]:8090' },
    { CLIENTELE_API: '0.0.0.0:8090', CLIENTELE_API_TOKEN_FILE: 't', CLIENTELE_API_ADDRESS: 'pod-1:8090' },
  ])('takes a data API as closed as %j', (given) => {
    expect(() => loadConfig({ ...needed, ...given }, directory)).not.toThrow();
  });

  it('names what is missing and why it is needed', () => {
    const faults = faultsOf({});
    expect(faults).toHaveLength(2);
    expect(faults[0]).toMatch(/^KAFKA_BROKERS is missing \(host:port,…\): /);
    expect(faults[1]).toMatch(/^SCHEMA_REGISTRY_URL is missing/);
  });

  it('tells every fault of environment and file at once', () => {
    const config = file('bad.yaml', 'CLIENTELE_HTTP: nowhere\nCLIENTELE_MODLE: m.yaml\n');
    const faults = faultsOf({
      CLIENTELE_CONFIG: config,
      CLIENTELE_COMMIT_INTERVAL_MS: 'x',
      CLIENTELE_LOGLEVEL: 'info',
    });
    expect(faults.map((fault) => fault.split(' ')[0])).toEqual([
      'CLIENTELE_LOGLEVEL',
      'CLIENTELE_MODLE',
      'KAFKA_BROKERS',
      'SCHEMA_REGISTRY_URL',
      'CLIENTELE_HTTP',
      'CLIENTELE_COMMIT_INTERVAL_MS',
    ]);
  });

  it('suggests the setting an unknown one was meant to be', () => {
    expect(faultsOf({ ...needed, CLIENTELE_COMIT_INTERVAL_MS: '5' })).toEqual([
      'CLIENTELE_COMIT_INTERVAL_MS is not a setting. Did you mean CLIENTELE_COMMIT_INTERVAL_MS?',
    ]);
  });

  it('ignores the variables Kubernetes sets beside a Service named clientele', () => {
    const links = {
      CLIENTELE_SERVICE_HOST: '10.0.0.1',
      CLIENTELE_SERVICE_PORT: '8080',
      CLIENTELE_SERVICE_PORT_HTTP: '8080',
      CLIENTELE_PORT: 'tcp://10.0.0.1:8080',
      CLIENTELE_PORT_8080_TCP_ADDR: '10.0.0.1',
    };
    expect(faultsOf({ ...needed, ...links })).toEqual([]);
  });

  it('ignores the variables of the local stack', () => {
    expect(faultsOf({ ...needed, CLIENTELE_STACK: 'java', CLIENTELE_CACHE_DIR: 'x' })).toEqual([]);
  });

  it('lets the environment win over the file, and an empty variable count as absent', () => {
    const config = file(
      'good.yaml',
      'KAFKA_BROKERS: [c:1, d:2]\nCLIENTELE_COMMIT_INTERVAL_MS: 200\nCLIENTELE_APP_ID: filed\n',
    );
    const env = { SCHEMA_REGISTRY_URL: 'https://r', CLIENTELE_ALLOW_PLAINTEXT: 'yes', CLIENTELE_CONFIG: config };
    const loaded = loadConfig({ ...env, CLIENTELE_COMMIT_INTERVAL_MS: '300', CLIENTELE_APP_ID: '' }, directory);
    expect(loaded).toMatchObject({ kafkaBrokers: ['c:1', 'd:2'], commitIntervalMs: 300, appId: 'filed' });
  });

  it.each([
    ['absent.yaml', null, /^CLIENTELE_CONFIG cannot be read: ENOENT/],
    ['list.yaml', '- a\n- b\n', /^CLIENTELE_CONFIG is not a mapping of settings/],
    ['broken.yaml', 'a: [', /^CLIENTELE_CONFIG cannot be read: /],
    ['nested.yaml', 'CLIENTELE_HTTP: {port: 1}\n', /^CLIENTELE_HTTP in CLIENTELE_CONFIG is not text/],
  ])('refuses the file %s', (name, content, reason) => {
    if (content !== null) file(name, content);
    expect(faultsOf({ ...needed, CLIENTELE_CONFIG: name })[0]).toMatch(reason);
  });

  it('refuses an idle commit more frequent than the commit interval', () => {
    const faults = faultsOf({ ...needed, CLIENTELE_IDLE_COMMIT_MS: '100', CLIENTELE_COMMIT_INTERVAL_MS: '200' });
    expect(faults).toEqual(['CLIENTELE_IDLE_COMMIT_MS (100) is below CLIENTELE_COMMIT_INTERVAL_MS (200)']);
  });

  it('reads an IPv6 address and the free port', () => {
    expect(loadConfig({ ...needed, CLIENTELE_HTTP: '[::1]:0' }, directory).http).toEqual({ host: '::1', port: 0 });
  });
});

describe('settingsTable', () => {
  it('shows every setting, its default, range and reason', () => {
    const table = settingsTable();
    for (const setting of Object.values(settings)) {
      expect(table).toContain(setting.name);
      expect(table).toContain(setting.range);
      expect(table).toContain(setting.why);
      if (setting.fallback !== null) expect(table).toContain(setting.fallback);
    }
  });
});
