/**
 * Provider `java`: broker and registry as Java processes of this user, from jars in the cache, on free ports of
 * 127.0.0.1, with their data in a temporary directory that `stop` deletes. The registry keeps its schemas in a file
 * there, so it survives its own restart.
 */
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assembleStack } from './assemble.ts';
import { brokerProperties } from './broker-properties.ts';
import { apicurioJar, cached, findJava, kafkaJars } from './jars.ts';
import { JavaService } from './java-service.ts';
import { brokerAnswers, freePort, registryAnswers } from './net.ts';
import { startReaper, type Reaper } from './reaper.ts';
import { runCommand } from './run-command.ts';
import type { LocalStack, Service, StackOptions } from './types.ts';
import { apicurioVersion, kafkaVersion } from './versions.ts';

/** Starts fast and small: only the first compiler, the collector without threads. */
const jvm = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];
/** A port can be lost between choosing and binding it; three losses in a row are no accident. */
const attempts = 3;
/** Any valid cluster id; local stacks never meet each other. */
const clusterId = 'Y2xpZW50ZWxlLWxvY2FsLQ';

interface Ground {
  readonly java: string;
  readonly directory: string;
  readonly reaper: Reaper;
  readonly log: (line: string) => void;
}

interface Placed<Address> {
  readonly address: Address;
  readonly service: Service;
}

/**
 * Starts what is needed, side by side. Rejects: ProviderMissingError without Java (or Maven, when the cache is empty).
 */
export async function startWithJava(options: StackOptions): Promise<LocalStack> {
  const log = options.log ?? ((): void => undefined);
  const java = await findJava();
  const wantsRegistry = options.need === 'kafka+registry';
  // One download after the other: they share Maven's repository, and the line.
  const jars = await kafkaJars(log);
  const registryJar = wantsRegistry ? await apicurioJar(log) : null;
  const formatted = await formattedStorage(java, jars);

  const directory = await mkdtemp(join(tmpdir(), 'clientele-stack-'));
  const ground: Ground = { java, directory, reaper: startReaper(directory), log };
  const dispose = async (): Promise<void> => {
    ground.reaper.release();
    await rm(directory, { recursive: true, force: true });
  };
  const [broker, registry] = await Promise.allSettled([
    startBroker(ground, options, jars, formatted),
    registryJar === null ? null : startRegistry(ground, registryJar),
  ]);
  if (broker.status === 'rejected' || registry.status === 'rejected') {
    if (broker.status === 'fulfilled') await broker.value.service.stop('SIGKILL');
    if (registry.status === 'fulfilled') await registry.value?.service.stop('SIGKILL');
    // The directory stays: its logs are what there is to find out from.
    ground.reaper.release();
    throw broker.status === 'rejected' ? broker.reason : registry.status === 'rejected' ? registry.reason : null;
  }
  return assembleStack({
    handle: { provider: 'java', brokers: [broker.value.address], registryUrl: registry.value?.address ?? '' },
    broker: broker.value.service,
    registry: registry.value?.service ?? null,
    dispose,
  });
}

/** A formatted, empty log directory; made once, since formatting costs a JVM start of its own. */
function formattedStorage(java: string, jars: string): Promise<string> {
  return cached(`kafka-${kafkaVersion}-formatted`, async (draft) => {
    const settings = `${draft}.properties`;
    await writeFile(settings, serialise({ ...addresses(9092, 9093), ...brokerProperties, 'log.dirs': draft }));
    const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', settings];
    const result = await runCommand(java, [...jvm, '-cp', `${jars}/*`, ...format]);
    await rm(settings);
    if (result.code !== 0) throw new Error(`Kafka could not format its storage:\n${result.stdout}${result.stderr}`);
  });
}

async function startBroker(
  ground: Ground,
  options: StackOptions,
  jars: string,
  formatted: string,
): Promise<Placed<string>> {
  return place(ground, `Kafka ${kafkaVersion}`, async (attempt) => {
    const [port, controllerPort] = [await freePort(), await freePort()];
    const home = join(ground.directory, `broker-${attempt}`);
    await mkdir(home);
    await cp(formatted, join(home, 'data'), { recursive: true });
    const settings = join(home, 'server.properties');
    const properties = { ...addresses(port, controllerPort), ...brokerProperties, ...options.properties };
    await writeFile(settings, serialise({ ...properties, 'log.dirs': join(home, 'data') }));
    const address = `127.0.0.1:${port}`;
    const heap = ['-Xms128m', '-Xmx512m'];
    const service = new JavaService({
      name: `Kafka ${kafkaVersion}`,
      command: ground.java,
      args: [...heap, ...jvm, ...(options.javaOptions ?? []), '-cp', `${jars}/*`, 'kafka.Kafka', settings],
      environment: {},
      logFile: join(home, 'broker.log'),
      answers: () => brokerAnswers(address),
      onPid: (pid, isAlive) => ground.reaper.track(pid, isAlive),
    });
    return { address, service };
  });
}

async function startRegistry(ground: Ground, jar: string): Promise<Placed<string>> {
  return place(ground, `Apicurio Registry ${apicurioVersion}`, async (attempt) => {
    const [port, managementPort] = [await freePort(), await freePort()];
    const address = `http://127.0.0.1:${port}/apis/ccompat/v7`;
    const service = new JavaService({
      name: `Apicurio Registry ${apicurioVersion}`,
      command: ground.java,
      args: ['-Xmx384m', ...jvm, '-jar', jar],
      environment: {
        QUARKUS_HTTP_HOST: '127.0.0.1',
        QUARKUS_HTTP_PORT: String(port),
        QUARKUS_MANAGEMENT_HOST: '127.0.0.1',
        QUARKUS_MANAGEMENT_PORT: String(managementPort),
        // Without a write delay a schema survives even SIGKILL.
        APICURIO_DATASOURCE_URL: `jdbc:h2:file:${join(ground.directory, `registry-${attempt}`)};WRITE_DELAY=0`,
      },
      logFile: join(ground.directory, `registry-${attempt}.log`),
      answers: () => registryAnswers(address),
      onPid: (pid, isAlive) => ground.reaper.track(pid, isAlive),
    });
    return { address, service };
  });
}

/** Starts a service on addresses chosen anew for each attempt; only a taken port is worth another one. */
async function place(
  ground: Ground,
  name: string,
  prepare: (attempt: number) => Promise<Placed<string>>,
): Promise<Placed<string>> {
  const started = Date.now();
  ground.log(`${name}: starting …`);
  for (let attempt = 1; ; attempt += 1) {
    const placed = await prepare(attempt);
    try {
      await placed.service.start();
      ground.log(`${name}: ready in ${((Date.now() - started) / 1000).toFixed(1)} s on ${placed.address}`);
      return placed;
    } catch (error) {
      const isPortTaken = error instanceof Error && /address already in use|port already bound/i.test(error.message);
      if (!isPortTaken || attempt === attempts) throw error;
      ground.log(`${name}: its port was taken meanwhile, trying another`);
    }
  }
}

function addresses(port: number, controllerPort: number): Record<string, string> {
  return {
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
  };
}

function serialise(properties: Readonly<Record<string, string>>): string {
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value.replaceAll('\\', '\\\\')}`)
    .join('\n');
}
