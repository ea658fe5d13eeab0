/**
 * Provider `docker`: the published images through testcontainers, on free ports of this machine.
 * Ports are chosen beforehand, since a broker must know the address it advertises.
 */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { StartedTestContainer } from 'testcontainers';
import { assembleStack } from './assemble.ts';
import { brokerProperties } from './broker-properties.ts';
import { freePort, registryAnswers } from './net.ts';
import { insideContainer } from './tools.ts';
import { ProviderMissingError, type LocalStack, type Service, type StackOptions, type ToolResult } from './types.ts';
import { apicurioVersion, kafkaVersion } from './versions.ts';

/** Covers the first pull of an image on a slow line. */
const startMsMax = 300_000;

/** Loaded on demand: a user with KAFKA_BROKERS set, or without Docker, never pays for it. */
const library = (): Promise<typeof import('testcontainers')> => import('testcontainers');

/** Starts what is needed, side by side. Rejects: ProviderMissingError when no daemon answers. */
export async function startWithDocker(options: StackOptions): Promise<LocalStack> {
  const log = options.log ?? ((): void => undefined);
  await requireDaemon();
  const [broker, registry] = await Promise.allSettled([
    startBroker(options, log),
    options.need === 'kafka' ? null : startRegistry(log),
  ]);
  if (broker.status === 'rejected' || registry.status === 'rejected') {
    if (broker.status === 'fulfilled') await broker.value.container.stop();
    if (registry.status === 'fulfilled') await registry.value?.container.stop();
    throw broker.status === 'rejected' ? broker.reason : registry.status === 'rejected' ? registry.reason : null;
  }
  const { container, address } = broker.value;
  return assembleStack({
    handle: {
      provider: 'docker',
      brokers: [address],
      registryUrl: registry.value?.address ?? '',
      brokerContainer: container.getId(),
    },
    broker: containerService(container),
    registry: registry.value === null ? null : containerService(registry.value.container),
    dispose: async () => {
      await Promise.all([container.stop(), registry.value?.container.stop()]);
    },
  });
}

/** Runs a command inside a container this machine runs; any exit code resolves. */
export async function execInContainer(containerId: string, command: readonly string[]): Promise<ToolResult> {
  const client = await (await library()).getContainerRuntimeClient();
  const result = await client.container.exec(client.container.getById(containerId), [...command]);
  return { code: result.exitCode, stdout: result.stdout, stderr: result.stderr };
}

async function requireDaemon(): Promise<void> {
  const sockets = [
    '/var/run/docker.sock',
    join(homedir(), '.docker/run/docker.sock'),
    join(homedir(), '.colima/default/docker.sock'),
  ];
  const runtimeDir = process.env['XDG_RUNTIME_DIR'];
  if (runtimeDir !== undefined) sockets.push(join(runtimeDir, 'docker.sock'));
  // Looking for a socket first saves loading the library where there is plainly no Docker.
  if (
    process.env['DOCKER_HOST'] === undefined &&
    process.platform !== 'win32' &&
    !sockets.some((path) => existsSync(path))
  ) {
    throw new ProviderMissingError('no Docker daemon found');
  }
  try {
    await (await library()).getContainerRuntimeClient();
  } catch (error) {
    throw new ProviderMissingError('a Docker socket exists but no daemon answers', { cause: error });
  }
}

interface Placed {
  readonly container: StartedTestContainer;
  readonly address: string;
}

async function startBroker(options: StackOptions, log: (line: string) => void): Promise<Placed> {
  const { GenericContainer, Wait } = await library();
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const properties = {
    ...brokerProperties,
    listeners: 'PLAINTEXT://0.0.0.0:9092,INTERNAL://127.0.0.1:29092,CONTROLLER://127.0.0.1:29093',
    'advertised.listeners': `PLAINTEXT://${address},INTERNAL://${insideContainer}`,
    'inter.broker.listener.name': 'INTERNAL',
    'controller.quorum.voters': '1@127.0.0.1:29093',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,INTERNAL:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    ...options.properties,
  };
  const started = Date.now();
  log(`Kafka ${kafkaVersion} (Docker): starting …`);
  const container = await new GenericContainer(`apache/kafka:${kafkaVersion}`)
    .withExposedPorts({ container: 9092, host: port })
    .withEnvironment(imageEnvironment(properties))
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .withStartupTimeout(startMsMax)
    .start();
  log(`Kafka ${kafkaVersion} (Docker): ready in ${((Date.now() - started) / 1000).toFixed(1)} s on ${address}`);
  return { container, address };
}

/** How the image wants a setting: `.` is one underscore, `_` two, `-` three. */
function imageEnvironment(properties: Readonly<Record<string, string>>): Record<string, string> {
  const variable = (name: string): string =>
    `KAFKA_${name.replaceAll('_', '__').replaceAll('-', '___').replaceAll('.', '_').toUpperCase()}`;
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [variable(name), value]));
}

async function startRegistry(log: (line: string) => void): Promise<Placed> {
  const { GenericContainer, Wait } = await library();
  const port = await freePort();
  const address = `http://127.0.0.1:${port}/apis/ccompat/v7`;
  const started = Date.now();
  log(`Apicurio Registry ${apicurioVersion} (Docker): starting …`);
  const container = await new GenericContainer(`apicurio/apicurio-registry:${apicurioVersion}`)
    .withExposedPorts({ container: 8080, host: port })
    // On disk inside the container: schemas survive a stop and start of it.
    .withEnvironment({ APICURIO_DATASOURCE_URL: 'jdbc:h2:file:/var/tmp/registry;WRITE_DELAY=0' })
    .withWaitStrategy(Wait.forHttp('/apis/ccompat/v7/subjects', 8080))
    .withStartupTimeout(startMsMax)
    .start();
  if (!(await registryAnswers(address))) throw new Error(`the registry's port ${port} is not reachable on 127.0.0.1`);
  log(
    `Apicurio Registry ${apicurioVersion} (Docker): ready in ${((Date.now() - started) / 1000).toFixed(1)} s on ${address}`,
  );
  return { container, address };
}

function containerService(container: StartedTestContainer): Service {
  const raw = async () => {
    const client = await (await library()).getContainerRuntimeClient();
    return client.container.getById(container.getId());
  };
  return {
    pid: undefined,
    start: () => container.restart(),
    async stop(signal = 'SIGTERM') {
      const handle = await raw();
      const { State: state } = await handle.inspect();
      if (state.Paused) await handle.unpause();
      if (!state.Running) return;
      if (signal === 'SIGKILL') await handle.kill();
      else await handle.stop({ t: 8 });
    },
    freeze: async () => {
      await (await raw()).pause();
    },
    thaw: async () => {
      await (await raw()).unpause();
    },
  };
}
