/**
 * `clientele doctor` against a real broker with an authorizer: sound, then with each permission taken away in turn, a topic
 * of the wrong kind, a registry that is none.
 */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startStack } from '../../deploy/local-stack/stack.ts';
import type { LocalStack } from '../../deploy/local-stack/types.ts';
import { createKafka } from '../../src/adapters/kafka/client.ts';
import { kafkajs } from '../../src/adapters/kafka/kafkajs.ts';
import { openProbe } from '../../src/adapters/kafka/probes.ts';
import { exitCodes } from '../../src/cli/frame.ts';
import { requiredAcls, type Acl } from '../../src/pipeline/acl.ts';
import { topicNames } from '../../src/pipeline/topics.ts';
import { clientele } from '../support/command.ts';
import { silent, until } from '../support/installation.ts';
import { useStack } from '../support/stack.ts';

const shared = useStack();
const prefix = shared.uniquePrefix('doctor');
const appId = `${prefix}app`;
const topics = topicNames(prefix);
const directory = mkdtempSync(join(tmpdir(), 'clientele-doctor-'));
/** Everybody may do everything until something is said of a resource. */
const properties = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'allow.everyone.if.no.acl.found': 'true',
};
let stack: LocalStack;
let admin: ReturnType<ReturnType<typeof createKafka>['admin']>;

const doctor = (args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
  clientele(['doctor', ...args], directory, {
    KAFKA_BROKERS: stack.brokers.join(','),
    SCHEMA_REGISTRY_URL: shared.registryUrl,
    CLIENTELE_TOPIC_PREFIX: prefix,
    CLIENTELE_APP_ID: appId,
    ...env,
  });

beforeAll(async () => {
  copyFileSync(join(import.meta.dirname, '../../examples/cdnow/model.yaml'), join(directory, 'model.yaml'));
  stack = await startStack({ need: 'kafka', properties });
  admin = createKafka({ brokers: stack.brokers, logger: silent }, 'doctor-test').admin();
  await admin.connect();
  const before = await doctor();
  expect(before.code).toBe(exitCodes.unavailable);
  expect(before.stdout.match(/^FAIL {5}topics .* does not exist\. Fix: clientele topics apply$/gm)).toHaveLength(11);
  const env = {
    KAFKA_BROKERS: stack.brokers.join(','),
    SCHEMA_REGISTRY_URL: shared.registryUrl,
    CLIENTELE_TOPIC_PREFIX: prefix,
  };
  const apply = ['topics', 'apply', '--partitions', '2', '--replication-factor', '1'];
  expect(await clientele(apply, directory, env)).toMatchObject({ code: exitCodes.done, stderr: '' });
});

afterAll(async () => {
  await admin.disconnect();
  await stack.stop();
  rmSync(directory, { recursive: true });
});

/** Two ACLs: everything is allowed on the resource, but for one operation. */
function denial({ resource, name, pattern, operation }: Acl) {
  const { AclResourceTypes, AclOperationTypes, AclPermissionTypes, ResourcePatternTypes } = kafkajs;
  const kinds = { topic: 'TOPIC', group: 'GROUP', 'transactional-id': 'TRANSACTIONAL_ID' } as const;
  const operations = { Read: 'READ', Write: 'WRITE', DescribeConfigs: 'DESCRIBE_CONFIGS' } as const;
  const on = {
    resourceType: AclResourceTypes[kinds[resource]],
    resourceName: name,
    resourcePatternType: pattern === 'prefixed' ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
    principal: 'User:ANONYMOUS',
    host: '*',
  };
  return [
    { ...on, operation: AclOperationTypes.ALL, permissionType: AclPermissionTypes.ALLOW },
    { ...on, operation: AclOperationTypes[operations[operation]], permissionType: AclPermissionTypes.DENY },
  ];
}

/** Takes one permission away while `check` runs. */
async function without(acl: Acl, check: () => Promise<void>): Promise<void> {
  const entries = denial(acl);
  await admin.createAcls({ acl: entries });
  try {
    await check();
  } finally {
    await admin.deleteAcls({ filters: entries });
  }
}

describe('clientele doctor', () => {
  it('finds nothing in a sound installation, and changes nothing', async () => {
    const ends = async () => (await admin.fetchTopicOffsets(topics.deadLetters)).map(({ high }) => high);
    // A topic made a moment ago may have no leader yet.
    const before = await vi.waitFor(ends, { timeout: 15_000, interval: 200 });
    const { code, stdout } = await doctor();
    expect(stdout).not.toContain('FAIL');
    expect(code).toBe(exitCodes.done);
    for (const check of ['node', 'config', 'model', 'disk', 'tls', 'dns', 'ports', 'auth', 'acl', 'topics']) {
      expect(stdout).toMatch(new RegExp(`^ok +${check} `, 'm'));
    }
    for (const check of ['registry', 'compatibility']) expect(stdout).toMatch(new RegExp(`^ok +${check} `, 'm'));
    expect(stdout).toMatch(/^ok {7}clock {10}within \d+ ms of the broker's$/m);
    expect(await ends()).toEqual(before);
    expect(JSON.parse((await doctor(['--json'])).stdout)).toMatchObject({ ok: true });
  });

  it('notices each permission that is taken away, and only that one', async () => {
    const probe = await openProbe({ brokers: stack.brokers, logger: silent });
    const acls = requiredAcls(topics, appId);
    const denied = async (): Promise<readonly Acl[]> => {
      const found: Acl[] = [];
      for (const acl of acls) if (!(await probe.isAllowed(acl))) found.push(acl);
      return found;
    };
    expect(await denied()).toEqual([]);
    for (const acl of acls) {
      await without(acl, async () => {
        await until(async () => !(await probe.isAllowed(acl)), `${JSON.stringify(acl)} is denied`);
        expect(await denied()).toEqual([acl]);
      });
      await until(() => probe.isAllowed(acl), `${JSON.stringify(acl)} is allowed again`);
    }
    await probe.close();
  });

  it('says how to grant what is denied', async () => {
    const [acl] = requiredAcls(topics, appId).filter(({ name }) => name === topics.churnAlert);
    if (acl === undefined) throw new Error('no such permission');
    await without(acl, async () => {
      let answer = await doctor();
      await until(async () => (answer = await doctor()).code === exitCodes.unavailable, 'it is denied');
      expect(answer.stdout).toContain(
        `FAIL     acl            Write on topic ${topics.churnAlert} is denied. Fix: kafka-acls.sh --add ` +
          `--allow-principal User:… --operation Write --topic ${topics.churnAlert}\n`,
      );
      expect(answer.stdout.match(/^FAIL/gm)).toHaveLength(1);
    });
  });

  it('names a setting that has been changed, and the command that mends it', async () => {
    const entry = (value: string) => ({
      validateOnly: false,
      resources: [
        {
          type: kafkajs.ConfigResourceTypes.TOPIC,
          name: topics.profile,
          configEntries: [{ name: 'cleanup.policy', value }],
        },
      ],
    });
    await admin.alterConfigs(entry('delete'));
    const { code, stdout } = await doctor();
    expect(code).toBe(exitCodes.failed);
    expect(stdout).toContain(
      `compaction     ${topics.profile}: cleanup.policy is delete, not compact. Fix: clientele topics apply\n`,
    );
  });

  it('names a registry that is none', async () => {
    const { code, stdout } = await doctor([], {
      SCHEMA_REGISTRY_URL: shared.registryUrl.replace('ccompat', 'nothing'),
    });
    expect(code).toBe(exitCodes.unavailable);
    expect(stdout).toMatch(/^FAIL {5}topics .*Fix: .*path of its Confluent API$/m);
  });
});
