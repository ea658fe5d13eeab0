/**
 * Small questions to the network: a free port, does a broker answer, does a registry answer.
 * No Kafka client here: the stack must be able to judge a broker that kafkajs cannot talk to yet.
 */
import { connect, createServer } from 'node:net';

/** A TCP port of 127.0.0.1 that was free a moment ago; somebody else may still take it, so callers retry. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('the system gave no port'));
        else resolve(address.port);
      });
    });
  });
}

/** ApiVersions v0, correlation id 1, client id null: every Kafka answers it before any authentication. */
const apiVersionsRequest = Buffer.from('0000000a' + '0012' + '0000' + '00000001' + 'ffff', 'hex');

/** True when `address` (`host:port`) accepts a connection and, with `speaksKafka`, replies to ApiVersions. */
export function brokerAnswers(address: string, speaksKafka = true, timeoutMs = 2_000): Promise<boolean> {
  const separator = address.lastIndexOf(':');
  const port = Number(address.slice(separator + 1));
  if (separator < 1 || !Number.isInteger(port) || port < 1 || port > 65_535) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = connect({ host: address.slice(0, separator), port });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(timeoutMs, () => end(false));
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
    socket.once('data', () => end(true));
    socket.once('connect', () => {
      if (speaksKafka) socket.write(apiVersionsRequest);
      else end(true);
    });
  });
}

/** True when the Confluent API under `registryUrl` lists its subjects. */
export async function registryAnswers(registryUrl: string, timeoutMs = 2_000): Promise<boolean> {
  try {
    const response = await fetch(`${registryUrl}/subjects`, { signal: AbortSignal.timeout(timeoutMs) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
