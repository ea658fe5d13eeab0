/**
 * What the principal of the service must be allowed, no more: each entry is one ACL of Kafka's. The topics command's
 * principal needs more, and is somebody else. Nothing is asked or granted here.
 */
import type { TopicKey, TopicNames } from './topics.ts';

export interface Acl {
  readonly resource: 'topic' | 'group' | 'transactional-id';
  readonly name: string;
  /** `prefixed`: every name that begins so. */
  readonly pattern: 'literal' | 'prefixed';
  /** Describe is implied by each of them. */
  readonly operation: 'Read' | 'Write' | 'DescribeConfigs';
}

const read = ['purchases', 'interactions', 'surveys', 'privacy', 'credits', 'changelog'] as const satisfies TopicKey[];
const written = [
  ...['changelog', 'credits', 'tierChanged', 'lifecycleChanged', 'churnAlert', 'profile', 'deadLetters'],
] as const satisfies TopicKey[];

/** The ACLs of an installation, topics first. */
export function requiredAcls(topics: TopicNames, appId: string): readonly Acl[] {
  const topic = (key: TopicKey, operation: Acl['operation']): Acl => {
    return { resource: 'topic', name: topics[key], pattern: 'literal', operation };
  };
  return [
    ...read.map((key) => topic(key, 'Read')),
    ...written.map((key) => topic(key, 'Write')),
    { resource: 'group', name: appId, pattern: 'literal', operation: 'Read' },
    { resource: 'transactional-id', name: `${appId}-`, pattern: 'prefixed', operation: 'Write' },
  ];
}

/** The options of `kafka-acls.sh` that grant it, the principal left open. */
export function grantText({ resource, name, pattern, operation }: Acl): string {
  const prefixed = pattern === 'prefixed' ? ' --resource-pattern-type prefixed' : '';
  return `kafka-acls.sh --add --allow-principal User:… --operation ${operation} --${resource} ${name}${prefixed}`;
}
