/** The transport contract on a real broker. */
import { transportContract } from '../contract/transport.ts';
import { createKafkaRig } from '../support/kafka-rig.ts';

transportContract('Kafka', createKafkaRig);
