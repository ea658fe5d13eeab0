/**
 * `clientele doctor`: everything a service needs, looked at before or beside it, one line each with what to do. It changes
 * nothing; what each check finds is in doctor-checks.ts.
 */
import { systemClock } from '../adapters/clock.ts';
import { openTopicAdmin } from '../adapters/kafka/admin.ts';
import { openProbe, type ClusterProbe } from '../adapters/kafka/probes.ts';
import { openTransactionalWriter } from '../adapters/kafka/transactional-writer.ts';
import { createLogger } from '../adapters/log/logger.ts';
import { ConfigError, loadConfig, type Config } from '../config.ts';
import { connectionOf } from '../connection.ts';
import { grantText, requiredAcls } from '../pipeline/acl.ts';
import type { Logger } from '../pipeline/ports.ts';
import { planTopics } from '../pipeline/topic-plan.ts';
import { topicNames } from '../pipeline/topics.ts';
import { settings } from '../settings.ts';
import {
  addressOf,
  certificateFinding,
  peerFinding,
  clockFinding,
  diskFinding,
  dnsFinding,
  fail,
  messageOf,
  nodeFinding,
  ok,
  planFindings,
  plaintextFinding,
  portsFinding,
  skipped,
  type Address,
  type Finding,
} from './doctor-checks.ts';
import {
  UsageError,
  exitCodes,
  line,
  parseOptions,
  type Command,
  type CommandContext,
  type ExitCode,
} from './frame.ts';
import { loadModel, modelPath } from './model-source.ts';
import { look } from './topic-look.ts';
import { kafkaEndpoint, registryAdmin } from './transport.ts';

export const command: Command = {
  name: 'doctor',
  summary: 'checks everything a service needs, one line each with the fix',
  help: `clientele doctor [--json]

Looks, with the settings and from the machine of a service, at: Node's version; configuration and model; names (DNS) and ports
of brokers and registry, the addresses the brokers advertise too; encryption and the data API's certificate; whether the
cluster lets us in and allows each thing the service does (every ACL); topics, their settings and compaction; the
registry, schemas and their compatibility; the broker's clock against ours; room for local files.

One line each: ok, warn, FAIL or skipped (what it needs is not there), and what to do. Nothing is changed: the clock is read by
one record in a transaction that is aborted, on the topic of referral credits.

  --json   one JSON object: {"ok","checks":[{"check","status","message","fix"}]}

Exit codes: ${exitCodes.done} nothing failed; else the code the first failure would give a service: ${exitCodes.usage} configuration or model, ${exitCodes.unavailable} broker,
registry, ACL, topic or schema not there, ${exitCodes.refused} partition counts or compatibility, ${exitCodes.failed} anything else.

Example:
  clientele doctor`,
  run: (argv, context) => doctor(argv, context),
};

async function doctor(argv: readonly string[], context: CommandContext): Promise<ExitCode> {
  const { values, positionals } = parseOptions(argv, { json: { type: 'boolean' } });
  if (positionals.length > 0) throw new UsageError('doctor takes no argument.');
  const findings: Finding[] = [];
  const found = (finding: Finding): void => {
    findings.push(finding);
    if (values.json !== true) line(context.stdout, findingLine(finding));
  };
  await examine(context, found);
  const failed = findings.find(({ status }) => status === 'fail');
  if (values.json === true) {
    const checks = findings.map(({ check, status, message, fix }) => ({ check, status, message, fix }));
    line(context.stdout, JSON.stringify({ ok: failed === undefined, checks }));
  }
  return failed?.code ?? exitCodes.done;
}

function findingLine({ check, status, message, fix }: Finding): string {
  const mark = status === 'fail' ? 'FAIL' : status;
  return `${mark.padEnd(7)}  ${check.padEnd(13)}  ${message}${fix === null ? '' : `. Fix: ${fix}`}`;
}

type Found = (finding: Finding) => void;

/** From this machine outwards: what a later check needs has been looked at before it. */
async function examine(context: CommandContext, found: Found): Promise<void> {
  found(nodeFinding(process.version));
  const config = readConfig(context, found);
  if (config === null) {
    found(skipped('all others', 'they need a configuration'));
    return;
  }
  checkModelFile(config, context, found);
  if (config.stateDir === '') found(ok('disk', 'none is used: without CLIENTELE_STATE_DIR states are held in memory'));
  else found(diskFinding(config.stateDir));
  for (const finding of ownCertificates(config, Date.now())) found(finding);
  const brokers = config.kafkaBrokers.map(addressOf);
  found(plaintextFinding(config.kafkaTls === 'on' ? [] : brokers, config.schemaRegistryUrl));
  const isKafkaThere = await checkNames('brokers', brokers, 'mend KAFKA_BROKERS or the name server', found);
  const registry = registryOf(config.schemaRegistryUrl);
  const isRegistryThere = await checkNames(
    'registry',
    [registry],
    'mend SCHEMA_REGISTRY_URL or the name server',
    found,
  );
  await checkTls(config, isKafkaThere ? brokers : [], isRegistryThere ? [registry] : [], found);
  const logger = createLogger({ level: 'error', base: { app: config.appId } });
  if (isKafkaThere) await checkCluster(config, logger, isRegistryThere, found);
  else for (const check of ['auth', 'acl', 'topics', 'registry', 'clock']) found(skipped(check, 'no broker answers'));
}

function readConfig({ env, cwd }: CommandContext, found: Found): Config | null {
  try {
    const config = loadConfig(env, cwd);
    found(ok('config', `${config.kafkaBrokers.join(',')}, ${config.appId}`));
    return config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const fault of error.faults)
      found(fail('config', fault, 'docs/OPERATIONS.md lists every setting', exitCodes.usage));
    return null;
  }
}

function checkModelFile(config: Config, context: CommandContext, found: Found): void {
  const path = modelPath(config.modelPath, context);
  try {
    const { revision } = loadModel(path, context);
    found(ok('model', `${path}: revision ${revision}`));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const fault of error.faults) found(fail('model', fault, 'docs/MODEL.md', exitCodes.usage));
  }
}

function registryOf(url: string): Address {
  const { hostname, port, protocol } = new URL(url);
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port === '' ? (protocol === 'https:' ? 443 : 80) : port),
  };
}

/** One finding a certificate that this process shows; one that says so where it has none. */
function ownCertificates(config: Config, nowMs: number): readonly Finding[] {
  const shown = (['apiTlsCertFile', 'kafkaCertFile', 'registryCertFile'] as const).filter((key) => config[key] !== '');
  if (shown.length === 0) return [ok('certificate', 'this process shows none')];
  return shown.map((key) => certificateFinding(settings[key].name, config[key], nowMs));
}

/** Who answers in TLS, and until when its certificate is good. */
async function checkTls(
  config: Config,
  brokers: readonly Address[],
  registries: readonly Address[],
  found: Found,
): Promise<void> {
  const connection = connectionOf(config);
  const kafka = { settings: 'CLIENTELE_KAFKA_CA_FILE, …_CERT_FILE', tls: connection.kafka().tls };
  const registry = { settings: 'CLIENTELE_REGISTRY_CA_FILE, …_CERT_FILE', tls: connection.registry().tls };
  for (const [addresses, { settings: names, tls }] of [
    [brokers, kafka],
    [registries, registry],
  ] as const) {
    if (tls === null) continue;
    for (const address of addresses) found(await peerFinding(address, tls, names, Date.now()));
  }
}

/** Names, then ports; a port of a name without an address is not tried. Returns whether all of it is there. */
async function checkNames(what: string, addresses: readonly Address[], fix: string, found: Found): Promise<boolean> {
  const names = await dnsFinding(
    what,
    addresses.map(({ host }) => host),
    fix,
  );
  found(names);
  if (names.status === 'fail') return false;
  const ports = await portsFinding('ports', what, addresses, 'start it, or open the way to it');
  found(ports);
  return ports.status !== 'fail';
}

async function checkCluster(config: Config, logger: Logger, isRegistryThere: boolean, found: Found): Promise<void> {
  const endpoint = kafkaEndpoint(config, logger);
  const probe = await openProbe(endpoint).catch((error: unknown) => {
    found(fail('auth', messageOf(error), authFix(config), exitCodes.unavailable));
    return null;
  });
  if (probe === null) {
    for (const check of ['acl', 'topics', 'registry', 'clock']) found(skipped(check, 'the cluster does not let us in'));
    return;
  }
  try {
    found(ok('auth', `the cluster lets us in (${identityOf(config)})`));
    const fix = 'set advertised.listeners of the brokers to addresses that this machine reaches';
    await checkNames('advertised', probe.advertised, fix, found);
    await checkAcls(probe, config, found);
  } finally {
    await probe.close();
  }
  if (isRegistryThere) await checkTopics(config, endpoint, found);
  else found(skipped('topics', 'they are looked at together with the registry, which does not answer'));
  await checkClock(config, endpoint, found);
}

/** As whom this process comes, by its settings; the cluster may map it to another name. */
function identityOf({ kafkaSasl, kafkaUsername, kafkaCertFile }: Config): string {
  if (kafkaSasl !== 'none') return kafkaUsername === '' ? kafkaSasl : `${kafkaSasl}, user ${kafkaUsername}`;
  return kafkaCertFile === '' ? 'nobody in particular' : 'by its certificate';
}

function authFix({ kafkaSasl, kafkaTls }: Config): string {
  if (kafkaSasl !== 'none') return 'user and secret of CLIENTELE_KAFKA_SASL, or a listener that does not speak it';
  const tls = kafkaTls === 'on' ? 'a certificate (CLIENTELE_KAFKA_CERT_FILE) or' : 'CLIENTELE_KAFKA_TLS=on or';
  return `does this listener want ${tls} CLIENTELE_KAFKA_SASL?`;
}

/** One line for all that are granted, one for each that is not. */
async function checkAcls(probe: ClusterProbe, { appId, topicPrefix }: Config, found: Found): Promise<void> {
  const acls = requiredAcls(topicNames(topicPrefix), appId);
  let denied = 0;
  for (const acl of acls) {
    if (await probe.isAllowed(acl)) continue;
    denied += 1;
    const { operation, resource, name } = acl;
    found(fail('acl', `${operation} on ${resource} ${name} is denied`, grantText(acl), exitCodes.unavailable));
  }
  if (denied === 0) found(ok('acl', `all ${acls.length} permissions of the service are there`));
}

type Endpoint = Parameters<typeof openTopicAdmin>[0];

async function checkTopics(config: Config, endpoint: Endpoint, found: Found): Promise<void> {
  const wanted = { prefix: config.topicPrefix, partitions: null, replicationFactor: null };
  const admin = await openTopicAdmin(endpoint);
  try {
    const plan = planTopics(await look(admin, registryAdmin(config), wanted), wanted);
    for (const finding of planFindings(plan)) found(finding);
  } catch (error) {
    const fix =
      'DescribeConfigs on the topics, credentials of the registry (CLIENTELE_REGISTRY_…), or the path of its Confluent API';
    found(fail('topics', messageOf(error), fix, exitCodes.unavailable));
  } finally {
    await admin.close();
  }
}

/** The one answer in which a broker says what time it is: that to a record of a LogAppendTime topic. */
async function checkClock({ appId, topicPrefix }: Config, endpoint: Endpoint, found: Found): Promise<void> {
  const topic = topicNames(topicPrefix).credits;
  const record = { key: null, value: Buffer.from('clientele doctor'), headers: {} };
  try {
    const writer = await openTransactionalWriter(endpoint, `${appId}-doctor`);
    found(clockFinding(await writer.rehearse({ topic, partition: 0, record }, systemClock())));
    await writer.close();
  } catch (error) {
    found(skipped('clock', messageOf(error)));
  }
}
