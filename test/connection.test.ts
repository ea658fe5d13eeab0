/** Settings of the connections to Kafka and the registry: what is refused, in what words, and what becomes of secrets. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from '../src/config.ts';
import { connectionOf, isLoopback } from '../src/connection.ts';

const directory = mkdtempSync(join(tmpdir(), 'clientele-connection-'));
afterAll(() => rmSync(directory, { recursive: true }));
const near = { KAFKA_BROKERS: '127.0.0.1:9092', SCHEMA_REGISTRY_URL: 'http://localhost:8081' };
const far = { KAFKA_BROKERS: 'k1:9092,localhost:9092', SCHEMA_REGISTRY_URL: 'http://registry:8081' };
const tls = { CLIENTELE_KAFKA_TLS: 'on' };
const scram = { CLIENTELE_KAFKA_SASL: 'scram-sha-512', CLIENTELE_KAFKA_USERNAME: 'me' };
const secret = 'S3cret-of-the-test';
const pem = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=a'];
execFileSync('openssl', [...pem, '-keyout', 'a.key', '-out', 'a.pem'], { cwd: directory, stdio: 'ignore' });
writeFileSync(join(directory, 'password'), `${secret}\n`);
writeFileSync(join(directory, 'empty'), '\n');
writeFileSync(join(directory, 'two'), 'a\nb\n');

type Env = Readonly<Record<string, string>>;

function faultsOf(env: Env): readonly string[] {
  try {
    loadConfig(env, directory);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('connectionFaults', () => {
  it('refuses plaintext beyond this machine, to Kafka and to the registry, and says what to set', () => {
    expect(faultsOf(far)).toEqual([
      'KAFKA_BROKERS: plaintext to k1:9092 is refused: give CLIENTELE_KAFKA_TLS=on, or say CLIENTELE_ALLOW_PLAINTEXT=yes if nobody else is on that network',
      'SCHEMA_REGISTRY_URL: plaintext to registry:8081 is refused: give an https URL, or say CLIENTELE_ALLOW_PLAINTEXT=yes if nobody else is on that network',
    ]);
  });

  it.each<Env>([
    near,
    { ...near, KAFKA_BROKERS: '[::1]:9092', SCHEMA_REGISTRY_URL: 'http://[::1]:8081' },
    { ...far, CLIENTELE_ALLOW_PLAINTEXT: 'yes' },
    { ...far, ...tls, SCHEMA_REGISTRY_URL: 'https://registry' },
    { ...near, ...scram, CLIENTELE_KAFKA_PASSWORD_FILE: 'password' },
    { ...near, CLIENTELE_KAFKA_SASL: 'oauthbearer', CLIENTELE_KAFKA_TOKEN_FILE: 'password' },
    { ...near, ...tls, CLIENTELE_KAFKA_CERT_FILE: 'a.pem', CLIENTELE_KAFKA_KEY_FILE: 'a.key' },
  ])('takes %j', (env) => {
    expect(faultsOf(env)).toEqual([]);
  });

  it.each<[Env, string | RegExp]>([
    [{ CLIENTELE_KAFKA_CA_FILE: 'a.pem' }, 'CLIENTELE_KAFKA_CA_FILE needs CLIENTELE_KAFKA_TLS=on'],
    [{ ...tls, CLIENTELE_KAFKA_CERT_FILE: 'a.pem' }, /CERT_FILE and CLIENTELE_KAFKA_KEY_FILE are given together/],
    [{ ...scram }, 'CLIENTELE_KAFKA_SASL=scram-sha-512 needs CLIENTELE_KAFKA_PASSWORD_FILE'],
    [{ CLIENTELE_KAFKA_SASL: 'oauthbearer' }, 'CLIENTELE_KAFKA_SASL=oauthbearer needs CLIENTELE_KAFKA_TOKEN_FILE'],
    [{ CLIENTELE_KAFKA_USERNAME: 'me' }, 'CLIENTELE_KAFKA_USERNAME has no use with CLIENTELE_KAFKA_SASL=none'],
    [{ CLIENTELE_REGISTRY_USERNAME: 'me' }, /USERNAME and CLIENTELE_REGISTRY_PASSWORD_FILE are given together/],
    [{ CLIENTELE_REGISTRY_CA_FILE: 'a.pem' }, /^CLIENTELE_REGISTRY_CA_FILE needs an https URL/],
    [{ ...tls, CLIENTELE_KAFKA_CA_FILE: 'absent' }, /^CLIENTELE_KAFKA_CA_FILE: .*absent cannot be used: ENOENT/],
    [{ ...tls, CLIENTELE_KAFKA_CA_FILE: 'a.key' }, /^CLIENTELE_KAFKA_CA_FILE: .*a\.key cannot be used: /],
    [{ ...scram, CLIENTELE_KAFKA_PASSWORD_FILE: 'empty' }, /empty cannot be used: it does not hold one line of text$/],
    [{ ...scram, CLIENTELE_KAFKA_PASSWORD_FILE: 'two' }, /two cannot be used: it does not hold one line of text$/],
  ])('refuses %j', (env, fault) => {
    expect(faultsOf({ ...near, ...env })).toEqual([typeof fault === 'string' ? fault : expect.stringMatching(fault)]);
  });

  it('tells faults of settings and of their files at once', () => {
    const faults = faultsOf({ ...far, ...tls, ...scram, CLIENTELE_KAFKA_CA_FILE: 'absent', CLIENTELE_HTTP: 'x' });
    expect(faults.map((fault) => fault.split(/[ :=]/)[0])).toEqual([
      'CLIENTELE_HTTP',
      'CLIENTELE_KAFKA_SASL',
      'SCHEMA_REGISTRY_URL',
      'CLIENTELE_KAFKA_CA_FILE',
    ]);
  });

  it('takes no secret from the URL of the registry, and does not repeat it', () => {
    for (const url of [`http://me:${secret}@localhost:8081`, `htp://me:${secret}@localhost:8081`]) {
      const faults = faultsOf({ ...near, SCHEMA_REGISTRY_URL: url });
      expect(faults).toHaveLength(1);
      expect(faults[0]).not.toContain(secret);
    }
  });
});

describe('connectionOf', () => {
  it('reads secrets without the newline at the end, a token anew each time, and shows neither to who prints it', () => {
    const connection = connectionOf(
      loadConfig({ ...near, ...scram, CLIENTELE_KAFKA_PASSWORD_FILE: 'password' }, directory),
    );
    expect(connection.kafka()).toEqual({
      tls: null,
      sasl: { mechanism: 'scram-sha-512', username: 'me', password: secret },
    });
    expect(connection.registry()).toEqual({ tls: null, credentials: null });
    expect(JSON.stringify(connection) + inspect(connection, { depth: 9 })).not.toContain(secret);

    writeFileSync(join(directory, 'token'), 'first');
    const oauth = { ...near, CLIENTELE_KAFKA_SASL: 'oauthbearer', CLIENTELE_KAFKA_TOKEN_FILE: 'token' };
    const { sasl } = connectionOf(loadConfig(oauth, directory)).kafka();
    if (sasl?.mechanism !== 'oauthbearer') throw new Error('not a token');
    expect(sasl.token()).toBe('first');
    writeFileSync(join(directory, 'token'), 'second\n');
    expect(sasl.token()).toBe('second');
  });
});

describe('isLoopback', () => {
  it.each([
    ['localhost', true],
    ['127.0.0.1', true],
    ['[::1]', true],
    ['127.0.0.1.example.com', false],
    ['localhost.example.com', false],
    ['0.0.0.0', false],
  ])('%s: %s', (host, is) => {
    expect(isLoopback(host)).toBe(is);
  });
});
