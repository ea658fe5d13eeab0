/** Versions of what the local stack runs; the same for jars, images and docker-compose.yml (a tidy test compares). */

/** Apache Kafka: broker, tools and the image `apache/kafka`. */
export const kafkaVersion = '4.3.1';
/** Last Apicurio Registry line that runs on Java 17; later ones want 21. */
export const apicurioVersion = '3.0.9';
/** Log binding that kafka-clients is built against. */
export const slf4jVersion = '1.7.36';
/** Oldest Java that runs this Kafka. */
export const javaMajorMin = 17;
