/** What there is of an installation's topics and subjects, as a plan is made from it. Nothing is changed. */
import { compatibilityFault } from '../adapters/avro/compatibility.ts';
import { schemaText } from '../adapters/avro/types.ts';
import type { TopicAdmin } from '../adapters/kafka/admin.ts';
import type { RegistryAdmin } from '../adapters/registry/admin.ts';
import { topicSpecs, type Actual, type ActualSubject, type Wanted } from '../pipeline/topic-plan.ts';
import { subjectOf, topicNames, type TopicKey } from '../pipeline/topics.ts';

/** What is there, of topics and subjects alike. */
export async function look(admin: TopicAdmin, registry: RegistryAdmin, { prefix }: Wanted): Promise<Actual> {
  const names = topicNames(prefix);
  const subjects = new Map<string, ActualSubject>();
  const cluster = await admin.describe(Object.values(names));
  for (const { key, compatibility } of topicSpecs) {
    if (compatibility === null) continue;
    const subject = subjectOf(names[key]);
    const schema = schemaText(schemaOf(key));
    const { level, hasSchema, schemas } = await registry.subject(subject, schema);
    subjects.set(subject, { level, hasSchema, conflict: compatibilityFault(compatibility, schema, schemas) });
  }
  return { ...cluster, subjects };
}

/** Which contract a topic's values keep. Throws: for dead letters, which keep none. */
export function schemaOf(key: TopicKey): Parameters<typeof schemaText>[0] {
  if (key === 'deadLetters') throw new Error('dead letters have no schema');
  return key;
}
