/** How long a compacted topic keeps tombstones: what a copy of it made earlier may still be trusted for. */
import { createKafka, type KafkaEndpoint } from './client.ts';
import { portError } from './errors.ts';
import { kafkajs } from './kafkajs.ts';

const setting = 'delete.retention.ms';

/** The topic's delete.retention.ms; null = the broker does not let us read it. Rejects: UnavailableError. */
export async function tombstonesKeptMs(endpoint: KafkaEndpoint, topic: string): Promise<number | null> {
  const admin = createKafka(endpoint, 'clientele-topics').admin({ retry: { initialRetryTime: 100, retries: 2 } });
  try {
    await admin.connect();
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames: [setting] }],
    });
    const text = resources[0]?.configEntries.find(({ configName }) => configName === setting)?.configValue;
    return text === undefined ? null : Number(text);
  } catch (error) {
    if (error instanceof kafkajs.KafkaJSProtocolError && error.type === 'TOPIC_AUTHORIZATION_FAILED') return null;
    throw portError(error, `asking for the settings of ${topic}`);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
