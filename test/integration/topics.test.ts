// `clientele topics` against a real broker and registry, judged by Kafka's own tools.
import { beforeAll, describe, expect, it } from 'vitest';
import { RegistryAdmin } from '../../src/adapters/registry/admin.ts';
import { exitCodes } from '../../src/cli/frame.ts';
import { subjectOf, topicNames } from '../../src/pipeline/topics.ts';
import { clientele, type Answer } from '../support/command.ts';
import { useStack } from '../support/stack.ts';

const stack = useStack();
const prefix = stack.uniquePrefix('topics');
const names = topicNames(prefix);

/** Runs the command and returns its exit code and output. */
async function topics(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Answer & { readonly json: () => unknown }> {
  const answer = await clientele(['topics', ...args], process.cwd(), {
    KAFKA_BROKERS: stack.brokers.join(','),
    SCHEMA_REGISTRY_URL: stack.registryUrl,
    CLIENTELE_TOPIC_PREFIX: prefix,
    ...env,
  });
  return { ...answer, json: () => JSON.parse(answer.stdout) as unknown };
}

const settled = { create: [], alter: [], register: [] };
const bootstrap = ['--bootstrap-server', stack.brokers.join(',')];

async function kafkaConfigs(args: readonly string[]): Promise<string> {
  const result = await stack.kafkaTools('kafka.admin.ConfigCommand', [
    ...bootstrap,
    '--entity-type',
    'topics',
    ...args,
  ]);
  return result.stdout;
}

describe('topics', () => {
  beforeAll(async () => {
    const plan = await topics(['plan', '--json', '--partitions', '3', '--replication-factor', '1']);
    expect(plan.code).toBe(exitCodes.done);
    expect(plan.json()).toMatchObject({ create: { length: 11 }, alter: [], register: { length: 10 } });
    // Planning twice plans the same: a plan changes nothing.
    expect((await topics(['plan', '--json', '--partitions', '3', '--replication-factor', '1'])).stdout).toBe(
      plan.stdout,
    );
    expect((await topics(['check'])).code).toBe(exitCodes.failed);
    const applied = await topics(['apply', '--partitions', '3', '--replication-factor', '1']);
    expect(applied.code).toBe(exitCodes.done);
    expect(applied.stdout).toContain('done: 11 topics created, 0 settings changed, 10 subjects set up');
  });

  it('leaves nothing to do after apply, and a second apply does nothing', async () => {
    expect((await topics(['plan', '--json'])).json()).toEqual(settled);
    const again = await topics(['apply', '--json']);
    expect(again).toMatchObject({ code: exitCodes.done });
    expect(again.json()).toEqual(settled);
    const check = await topics(['check']);
    expect(check).toMatchObject({ code: exitCodes.done, stdout: expect.stringContaining('nothing to do') as string });
  });

  it('creates what Kafka’s own tools see as planned', async () => {
    const changelog = await kafkaConfigs(['--entity-name', names.changelog, '--describe']);
    expect(changelog).toContain('cleanup.policy=compact');
    expect(changelog).toContain('message.timestamp.type=LogAppendTime');
    const input = await kafkaConfigs(['--entity-name', names.purchases, '--describe']);
    expect(input).toContain('message.timestamp.type=LogAppendTime');
    const { stdout } = await stack.kafkaTools('org.apache.kafka.tools.TopicCommand', [
      ...bootstrap,
      '--describe',
      '--topic',
      names.purchases,
    ]);
    expect(stdout).toContain('PartitionCount: 3');
  });

  it('registers every subject at its level', async () => {
    const registry = new RegistryAdmin(stack.registryUrl);
    const input = await registry.subject(subjectOf(names.purchases), '"int"');
    expect(input).toMatchObject({ level: 'BACKWARD_TRANSITIVE', hasSchema: false, schemas: { length: 1 } });
    const output = await registry.subject(subjectOf(names.tierChanged), '"int"');
    expect(output).toMatchObject({ level: 'FULL_TRANSITIVE', schemas: { length: 1 } });
  });

  it('mends a setting that was changed and keeps the topic’s other settings', async () => {
    const alter = ['--entity-name', names.surveys, '--alter', '--add-config'];
    await kafkaConfigs([...alter, 'message.timestamp.type=CreateTime,segment.ms=7200000,retention.ms=-1']);
    const check = await topics(['check']);
    expect(check.code).toBe(exitCodes.failed);
    expect(check.stdout).toContain(`${names.surveys}: message.timestamp.type CreateTime -> LogAppendTime`);
    // The privacy topic must outlive a survey topic that keeps everything.
    expect(check.stdout).toContain(`${names.privacy}: retention.ms 2592000000 -> -1`);
    expect((await topics(['apply'])).code).toBe(exitCodes.done);
    const mended = await kafkaConfigs(['--entity-name', names.surveys, '--describe']);
    expect(mended).toContain('message.timestamp.type=LogAppendTime');
    expect(mended).toContain('segment.ms=7200000');
    expect(mended).toContain('retention.ms=-1');
    expect((await topics(['check'])).code).toBe(exitCodes.done);
  });

  it('refuses another partition count, touching nothing', async () => {
    const applied = await topics(['apply', '--partitions', '5']);
    expect(applied.code).toBe(exitCodes.refused);
    expect(applied.stderr).toContain('the topics have 3 partitions, not 5');
  });

  it('refuses unequal partition counts with both named', async () => {
    await stack.kafkaTools('org.apache.kafka.tools.TopicCommand', [
      ...bootstrap,
      '--alter',
      '--topic',
      names.interactions,
      '--partitions',
      '4',
    ]);
    const check = await topics(['check']);
    expect(check.code).toBe(exitCodes.refused);
    expect(check.stderr).toContain(`${names.purchases} has 3 partitions and ${names.interactions} has 4`);
  });

  it('refuses a subject that holds an incompatible schema, whatever its level', async () => {
    const other = stack.uniquePrefix('incompatible');
    const registry = new RegistryAdmin(stack.registryUrl);
    const subject = subjectOf(topicNames(other).purchases);
    const foreign = '{"type":"record","name":"Purchase","namespace":"shop","fields":[{"name":"total","type":"int"}]}';
    await registry.register(subject, foreign);
    const plan = await topics(['plan', '--json', '--partitions', '1'], { CLIENTELE_TOPIC_PREFIX: other });
    expect(plan.code).toBe(exitCodes.refused);
    expect(plan.json()).toMatchObject({ refused: [expect.stringContaining(subject)] });
    expect((await topics(['apply'], { CLIENTELE_TOPIC_PREFIX: other })).code).toBe(exitCodes.refused);
    expect((await topics(['check'], { CLIENTELE_TOPIC_PREFIX: other })).stderr).toContain('cannot read');
  });

  it('exits with 3 when no broker or no registry answers', async () => {
    const dead = { KAFKA_BROKERS: '127.0.0.1:1' };
    expect((await topics(['plan'], dead)).code).toBe(exitCodes.unavailable);
    expect((await topics(['plan'], { SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1' })).code).toBe(exitCodes.unavailable);
  });

  it('takes one action and sensible numbers', async () => {
    expect((await topics([])).code).toBe(exitCodes.usage);
    expect((await topics(['plan', 'apply'])).code).toBe(exitCodes.usage);
    expect((await topics(['apply', '--partitions', '0'])).stderr).toContain('--partitions takes a whole number');
  });
});
