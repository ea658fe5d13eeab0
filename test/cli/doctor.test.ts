/** What the doctor finds on this machine; what it finds in a cluster is test/integration/doctor.test.ts. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  addressOf,
  certificateFinding,
  clockFinding,
  diskFinding,
  dnsFinding,
  nodeFinding,
  planFindings,
  plaintextFinding,
  portsFinding,
} from '../../src/cli/doctor-checks.ts';
import { exitCodes } from '../../src/cli/frame.ts';
import { clientele } from '../support/command.ts';

const directory = mkdtempSync(join(tmpdir(), 'clientele-doctor-'));
afterAll(() => rmSync(directory, { recursive: true }));
copyFileSync(join(import.meta.dirname, '../../examples/cdnow/model.yaml'), join(directory, 'model.yaml'));
const nowhere = { KAFKA_BROKERS: '127.0.0.1:1', SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1' };

describe('clientele doctor', () => {
  it('names every fault of the configuration, and exits as the service would', async () => {
    const { code, stdout } = await clientele(['doctor'], directory, { CLIENTELE_HTTP: 'x' });
    expect(code).toBe(exitCodes.usage);
    expect(stdout.match(/^FAIL {5}config/gm)).toHaveLength(3);
    expect(stdout).toMatch(/^ok {7}node {11}v\d+/);
    expect(stdout).toContain('skipped  all others     they need a configuration\n');
  });

  it('says who does not answer, and skips what needs it', async () => {
    const { code, stdout } = await clientele(['doctor'], directory, nowhere);
    expect(code).toBe(exitCodes.unavailable);
    expect(stdout).toMatch(/^ok {7}model .*model\.yaml: revision 1$/m);
    expect(stdout).toMatch(
      /^FAIL {5}ports {10}brokers: no connection to 127\.0\.0\.1:1 \(ECONNREFUSED\)\. Fix: start it/m,
    );
    expect(stdout).toMatch(/^FAIL {5}ports {10}registry: /m);
    for (const check of ['auth', 'acl', 'topics', 'registry', 'clock']) {
      expect(stdout).toMatch(new RegExp(`^skipped  ${check} +no broker answers$`, 'm'));
    }
  });

  it('names a model file that is none', async () => {
    const env = { ...nowhere, CLIENTELE_MODEL: 'absent.yaml' };
    const { code, stdout } = await clientele(['doctor', '--json'], directory, env);
    expect(code).toBe(exitCodes.usage);
    const checks = (JSON.parse(stdout) as { checks: { check: string; status: string }[] }).checks;
    expect(checks.find(({ check }) => check === 'model')?.status).toBe('fail');
  });
});

describe('nodeFinding', () => {
  it('refuses what is older than the engines of the package', () => {
    expect(['v24.0.0', 'v25.1.0', 'v22.9.0'].map((version) => nodeFinding(version).status)).toEqual([
      'ok',
      'ok',
      'fail',
    ]);
  });
});

describe('addressOf', () => {
  it('reads names, addresses and addresses in brackets', () => {
    expect(['b1.example:9092', '10.0.0.1:1', '[::1]:9092'].map(addressOf)).toEqual([
      { host: 'b1.example', port: 9092 },
      { host: '10.0.0.1', port: 1 },
      { host: '::1', port: 9092 },
    ]);
  });
});

describe('dnsFinding', () => {
  it('names hosts without an address, and asks nothing of addresses', async () => {
    expect(await dnsFinding('brokers', ['10.0.0.1', '::1'], '')).toMatchObject({ status: 'ok' });
    const found = await dnsFinding('brokers', ['localhost', 'no.such.host.invalid'], 'mend it');
    expect(found).toMatchObject({ status: 'fail', fix: 'mend it', code: exitCodes.unavailable });
    expect(found.message).toBe('brokers: no address for no.such.host.invalid');
  });
});

describe('portsFinding', () => {
  it('is ok for what accepts a connection and names what does not', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    const open = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
    expect((await portsFinding('ports', 'brokers', [open], '')).status).toBe('ok');
    const closed = await portsFinding('ports', 'brokers', [open, { host: '127.0.0.1', port: 1 }], '');
    expect(closed.message).toBe('brokers: no connection to 127.0.0.1:1 (ECONNREFUSED)');
    server.close();
  });
});

describe('plaintextFinding', () => {
  it('warns of every host beyond this machine that is spoken to in plaintext', () => {
    const status = (host: string, registry: string) => plaintextFinding([{ host, port: 1 }], registry);
    expect(status('127.0.0.1', 'http://localhost:8081').status).toBe('ok');
    expect(status('127.0.0.1', 'https://registry.example').status).toBe('ok');
    expect(status('b1', 'http://registry.example')).toMatchObject({
      status: 'warn',
      message: 'plaintext to b1, registry.example',
    });
  });
});

describe('certificateFinding', () => {
  it('tells until when it is valid, and names one that is none', () => {
    const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
    const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30'];
    execFileSync('openssl', [...made, '-keyout', key, '-out', cert, '-subj', '/CN=a'], { stdio: 'ignore' });
    const status = (days: number) => certificateFinding('NAME', cert, Date.now() + days * 86_400_000).status;
    expect([0, 20, 31].map(status)).toEqual(['ok', 'warn', 'fail']);
    expect(certificateFinding('NAME', key, Date.now())).toMatchObject({ status: 'fail', code: exitCodes.usage });
  });
});

describe('diskFinding', () => {
  it('looks where the directory will be made', () => {
    expect(diskFinding(join(directory, 'not/yet/there')).message).toMatch(/: \d+\.\d GiB free$/);
  });

  it('names what is no directory', () => {
    writeFileSync(join(directory, 'file'), '');
    for (const place of ['file', 'file/below']) {
      expect(diskFinding(join(directory, place)).message).toMatch(/file is no directory$/);
    }
  });
});

describe('clockFinding', () => {
  const at = (brokerMs: number) => clockFinding({ sentAtMs: 10_000, brokerMs, answeredAtMs: 10_100 });

  it('is ok inside what the answer took, warns beyond, and fails where timers would not fire', () => {
    expect(at(10_050)).toMatchObject({ status: 'ok', message: "within 100 ms of the broker's" });
    expect(at(10_400)).toMatchObject({ status: 'ok', message: "the broker's is 300 ms ahead" });
    expect(at(9_000)).toMatchObject({ status: 'warn', message: "the broker's is 1000 ms behind" });
    expect(at(16_000)).toMatchObject({ status: 'fail', fix: 'let both keep time by NTP' });
    expect(at(-1)).toMatchObject({ status: 'fail', fix: 'clientele topics apply' });
  });
});

describe('planFindings', () => {
  const none = { create: [], alter: [], register: [], refused: [], notices: [] };

  it('says that all is there when a plan is empty', () => {
    expect(planFindings(none).map(({ check, status }) => `${check} ${status}`)).toEqual([
      'topics ok',
      'registry ok',
      'compatibility ok',
    ]);
  });

  it('has one line for each difference, compaction apart', () => {
    const alteration = { topic: 't', from: 'delete', to: 'compact' };
    const found = planFindings({
      ...none,
      create: [{ topic: 'new', partitions: 1, replicationFactor: 1, settings: {} }],
      alter: [
        { ...alteration, setting: 'cleanup.policy' },
        { ...alteration, setting: 'retention.ms', from: null, to: '9' },
      ],
      register: [
        { key: 'purchases', subject: 's', compatibility: 'FULL_TRANSITIVE', setsLevel: true, registers: true },
        { key: 'surveys', subject: 'u', compatibility: 'FULL_TRANSITIVE', setsLevel: true, registers: false },
      ],
      refused: ['a has 1 partitions and b has 2'],
      notices: ['t has 1 copies'],
    });
    expect(found.map(({ check, status, message, code }) => [check, status, message, code])).toEqual([
      ['topics', 'fail', 'new does not exist', exitCodes.unavailable],
      ['compaction', 'fail', 't: cleanup.policy is delete, not compact', exitCodes.failed],
      ['topics', 'fail', 't: retention.ms is not set, not 9', exitCodes.failed],
      ['topics', 'warn', 't has 1 copies', exitCodes.done],
      ['registry', 'fail', 's has no schema of this version and is not FULL_TRANSITIVE', exitCodes.unavailable],
      ['registry', 'fail', 'u is not FULL_TRANSITIVE', exitCodes.failed],
      ['compatibility', 'fail', 'a has 1 partitions and b has 2', exitCodes.refused],
    ]);
  });
});
