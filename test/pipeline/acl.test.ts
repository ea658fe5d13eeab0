/** The permissions of a service, as they are granted. */
import { describe, expect, it } from 'vitest';
import { grantText, requiredAcls } from '../../src/pipeline/acl.ts';
import { inputNames } from '../../src/pipeline/ports.ts';
import { serviceTopics } from '../../src/pipeline/start.ts';
import { topicNames } from '../../src/pipeline/topics.ts';

const topics = topicNames('a.');
const acls = requiredAcls(topics, 'app');
const names = (operation: string): readonly string[] =>
  acls.filter((acl) => acl.resource === 'topic' && acl.operation === operation).map(({ name }) => name);

describe('requiredAcls', () => {
  it('lets the service read its inputs and its changelog, and write everything else it names', () => {
    for (const key of inputNames) expect(names('Read')).toContain(topics[key]);
    for (const key of inputNames) expect(names('Write')).not.toContain(topics[key]);
    expect(names('Read')).toContain(topics.changelog);
    const inputs: readonly string[] = inputNames;
    for (const key of serviceTopics) if (!inputs.includes(key)) expect(names('Write')).toContain(topics[key]);
    expect(names('Read')).not.toContain(topics.profile);
  });

  it('names no permission twice', () => {
    const texts = acls.map((acl) => JSON.stringify(acl));
    expect(new Set(texts).size).toBe(texts.length);
  });
});

describe('grantText', () => {
  it('is a command line of Kafka, prefixed for transactional ids', () => {
    expect(acls.map(grantText)).toContain(
      'kafka-acls.sh --add --allow-principal User:… --operation Read --topic a.clientele.state.v1',
    );
    expect(acls.map(grantText).at(-1)).toBe(
      'kafka-acls.sh --add --allow-principal User:… --operation Write --transactional-id app- --resource-pattern-type prefixed',
    );
  });
});
