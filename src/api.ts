/**
 * The data API of the service, put together: secrets read from their files, the document made from the contracts, and
 * what it answers taken from look-ups and the service. Routes and refusals are in adapters/http.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { schemaText } from './adapters/avro/types.ts';
import { startApiServer, type ApiRequest, type ApiSource } from './adapters/http/api.ts';
import type { HttpServer, Tls } from './adapters/http/listener.ts';
import { openApiDocument } from './adapters/http/openapi.ts';
import { ConfigError, type Config } from './config.ts';
import { engineVersion } from './domain/engine.ts';
import { plainModel } from './domain/model-plain.ts';
import { modelHash, type Model } from './domain/model.ts';
import { LookUps, ownerOf, type LookUpDeps } from './pipeline/look-ups.ts';
import type { GroupConsumer, Logger } from './pipeline/ports.ts';
import type { Service } from './pipeline/service.ts';

/** Shorter secrets are guessed, or were forgotten. */
const secretCharacters = 16;

/** The listening data API. */
export interface Api extends HttpServer {
  /** `host:port` at which other instances reach it. */
  readonly address: string;
}

/**
 * Starts the data API; `source` is asked at each request. Rejects: ConfigError for a secret or certificate that cannot be
 * used; the system's error when the address cannot be bound.
 */
export async function startApi(
  config: Config,
  deps: {
    readonly logger: Logger;
    readonly version: string;
    readonly source: () => ApiSource | null;
    readonly onAnswered: (request: ApiRequest) => void;
  },
): Promise<Api> {
  const avro = {
    profile: schemaText('profile'),
    tierChanged: schemaText('tierChanged'),
    lifecycleChanged: schemaText('lifecycleChanged'),
    churnAlert: schemaText('churnAlert'),
  };
  const { apiTokenFile, auditKeyFile } = config;
  const [auditKey] = auditKeyFile === '' ? [] : secretsIn('CLIENTELE_AUDIT_KEY_FILE', auditKeyFile);
  const server = await startApiServer({
    ...config.api,
    tls: tlsOf(config),
    tokens: apiTokenFile === '' ? [] : secretsIn('CLIENTELE_API_TOKEN_FILE', apiTokenFile),
    requestsPerSecond: config.apiRequestsPerSecond,
    auditKey: auditKey === undefined ? randomBytes(32) : Buffer.from(auditKey),
    document: openApiDocument({ version: deps.version, avro }),
    source: deps.source,
    onAnswered: deps.onAnswered,
    logger: deps.logger,
  }).catch((error: unknown) => {
    throw isTlsFault(error) ? new ConfigError([`CLIENTELE_API_TLS_CERT_FILE: ${error.message}`]) : error;
  });
  const address = config.apiAddress === '' ? new URL(server.url).host : config.apiAddress;
  return { ...server, address };
}

/** What the data API answers from a running service. */
export function apiSource(
  deps: Omit<LookUpDeps, 'service' | 'consumer'> & {
    readonly service: Service;
    readonly consumer: GroupConsumer;
  },
): ApiSource {
  const { service, consumer, model, partitions, address } = deps;
  const lookUps = new LookUps(deps);
  const addresses = (): (string | null)[] => Array.from({ length: partitions }, (_, task) => consumer.addressOf(task));
  return {
    profile: (customerId) => lookUps.profile(customerId),
    explanation: (customerId) => lookUps.explanation(customerId),
    timeline: (customerId) => lookUps.timeline(customerId),
    forecasts: () => lookUps.forecasts(),
    tiers: () => tiersOf(model),
    model: () => ({ revision: model.revision, hash: modelHash(model), engineVersion, model: plainModel(model) }),
    tasks: () => ({ ...service.status(), confirmed: consumer.confirmed(), addresses: addresses() }),
    pause(partition, paused) {
      if (partition >= partitions) return null;
      if (service.pause(partition, paused)) return { kind: 'found', value: { partition, paused } };
      return ownerOf(partition, consumer, address);
    },
  };
}

function tiersOf({ revision, tiers }: Model): object {
  const levels = tiers.map(({ id, rank, name, enter, leave, profitFloorMinor }) => {
    return { id, rank, name, enter, leave, profitFloorMinor };
  });
  return { modelRevision: revision, tiers: levels };
}

function tlsOf({ apiTlsCertFile, apiTlsKeyFile, apiClientCaFile }: Config): Tls | null {
  if (apiTlsCertFile === '') return null;
  return {
    cert: read('CLIENTELE_API_TLS_CERT_FILE', apiTlsCertFile),
    key: read('CLIENTELE_API_TLS_KEY_FILE', apiTlsKeyFile),
    clientCa: apiClientCaFile === '' ? null : read('CLIENTELE_API_CLIENT_CA_FILE', apiClientCaFile),
  };
}

function secretsIn(name: string, path: string): string[] {
  const secrets = read(name, path)
    .split('\n')
    .map((text) => text.trim())
    .filter((text) => text !== '');
  if (secrets.length === 0 || secrets.some((text) => text.length < secretCharacters || /\s/.test(text))) {
    throw new ConfigError([`${name}: a line of ${path} is not ${secretCharacters} or more characters without spaces`]);
  }
  return secrets;
}

function read(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError([`${name} cannot be read: ${error instanceof Error ? error.message : String(error)}`]);
  }
}

function isTlsFault(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_OSSL');
}
