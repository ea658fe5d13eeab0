/**
 * The table of settings: name, unit, default, range, why and parser of each. Help and OPERATIONS.md are held to it.
 * It reads nothing; config.ts applies it to the environment and the file.
 */
import { z } from 'zod';

/** One row of the settings table. */
export interface Setting<T = unknown> {
  readonly name: string;
  /** Unit or form of the value. */
  readonly unit: string;
  /** Text used when the setting is absent; null = it must be given. */
  readonly fallback: string | null;
  readonly range: string;
  readonly why: string;
  readonly schema: z.ZodType<T, string>;
}

/** Host and TCP port; port 0 asks for a free one. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

type Row = Omit<Setting, 'schema' | 'range'>;

const integer = (row: Row, low: number, high: number): Setting<number> => ({
  ...row,
  range: `${low}–${high}`,
  schema: z
    .string()
    .regex(/^\d{1,15}$/, 'is not a whole number')
    .transform(Number)
    .refine((value) => value >= low && value <= high, `is outside ${low}–${high}`),
});

const oneOf = <const V extends readonly [string, ...string[]]>(row: Row, values: V): Setting<V[number]> => ({
  ...row,
  range: values.join(', '),
  schema: z.string().pipe(z.enum(values, `is not one of ${values.join(', ')}`)),
});

const text = (row: Row, range: string, pattern: RegExp, fault: string): Setting<string> => ({
  ...row,
  range,
  schema: z.string().regex(pattern, fault),
});

const file = (name: string, unit: string, why: string): Setting<string> =>
  text({ name, unit, fallback: '', why }, 'a file, or none', /^/, '');

const name = (name: string, why: string): Setting<string> =>
  text({ name, unit: 'name', fallback: '', why }, 'a name, or none', /^/, '');

const address = /^(?<host>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):(?<port>\d{1,5})$/;
const isPort = (port: string, low: number): boolean => Number(port) >= low && Number(port) <= 65_535;

const listening = (row: Row): Setting<Address> => ({
  ...row,
  range: 'port 0–65535, 0 = free',
  schema: z
    .string()
    .regex(address, 'is not host:port')
    .refine((value) => isPort(address.exec(value)?.groups?.['port'] ?? '', 0), 'has a port outside 0–65535')
    .transform((value): Address => {
      const groups = address.exec(value)?.groups;
      return { host: (groups?.['host'] ?? '').replace(/^\[|\]$/g, ''), port: Number(groups?.['port']) };
    }),
});

/** A hundred years: what silence did is then told before the customer's next event, never by itself. */
const graceMaxMs = 3_153_600_000_000;

/** Every setting of Clientele. The keys are the fields of Config. */
export const settings = {
  kafkaBrokers: {
    name: 'KAFKA_BROKERS',
    unit: 'host:port,…',
    fallback: null,
    range: 'one or more',
    why: 'Bootstrap brokers; two or more survive the loss of one while starting.',
    schema: z
      .string()
      .transform((value) => value.split(',').map((broker) => broker.trim()))
      .refine(
        (brokers) => brokers.every((broker) => isPort(address.exec(broker)?.groups?.['port'] ?? '', 1)),
        'is not a comma-separated list of host:port',
      ),
  } satisfies Setting<string[]>,
  schemaRegistryUrl: {
    name: 'SCHEMA_REGISTRY_URL',
    unit: 'URL',
    fallback: null,
    range: 'http or https',
    why: 'Registry with the Confluent API; Apicurio serves it under /apis/ccompat/v7.',
    schema: z
      .string()
      .refine((value) => /^https?:\/\/./.test(value) && URL.canParse(value), 'is not an http or https URL')
      .refine(
        (value) => new URL(value).username === '' && new URL(value).password === '',
        'has credentials in it: give CLIENTELE_REGISTRY_USERNAME and CLIENTELE_REGISTRY_PASSWORD_FILE',
      )
      .transform((value) => value.replace(/\/+$/, '')),
  } satisfies Setting<string>,
  kafkaTls: oneOf(
    {
      name: 'CLIENTELE_KAFKA_TLS',
      unit: 'choice',
      fallback: 'off',
      why: 'Whether brokers are spoken to in TLS; off is refused beyond this machine unless CLIENTELE_ALLOW_PLAINTEXT says yes.',
    },
    ['off', 'on'],
  ),
  kafkaCaFile: file(
    'CLIENTELE_KAFKA_CA_FILE',
    'PEM file',
    'Authorities that sign the certificates of brokers; none = those that Node knows.',
  ),
  kafkaCertFile: file(
    'CLIENTELE_KAFKA_CERT_FILE',
    'PEM file',
    'Certificate that this process shows to brokers (mTLS).',
  ),
  kafkaKeyFile: file('CLIENTELE_KAFKA_KEY_FILE', 'PEM file', 'Key of that certificate, without a passphrase.'),
  kafkaSasl: oneOf(
    {
      name: 'CLIENTELE_KAFKA_SASL',
      unit: 'choice',
      fallback: 'none',
      why: 'How this process says to brokers who it is, beside or instead of a certificate.',
    },
    ['none', 'scram-sha-512', 'scram-sha-256', 'plain', 'oauthbearer'],
  ),
  kafkaUsername: name('CLIENTELE_KAFKA_USERNAME', 'User of SCRAM and PLAIN.'),
  kafkaPasswordFile: file(
    'CLIENTELE_KAFKA_PASSWORD_FILE',
    'path',
    'A file that holds nothing but the password of that user; read at a start.',
  ),
  kafkaTokenFile: file(
    'CLIENTELE_KAFKA_TOKEN_FILE',
    'path',
    'A file that holds the token of OAUTHBEARER; read at each authentication, so that whoever renews it need not restart us.',
  ),
  registryCaFile: file(
    'CLIENTELE_REGISTRY_CA_FILE',
    'PEM file',
    'Authorities that sign the certificate of the registry; none = those that Node knows.',
  ),
  registryCertFile: file(
    'CLIENTELE_REGISTRY_CERT_FILE',
    'PEM file',
    'Certificate that this process shows to the registry (mTLS).',
  ),
  registryKeyFile: file('CLIENTELE_REGISTRY_KEY_FILE', 'PEM file', 'Key of that certificate, without a passphrase.'),
  registryUsername: name('CLIENTELE_REGISTRY_USERNAME', 'User of basic authentication.'),
  registryPasswordFile: file(
    'CLIENTELE_REGISTRY_PASSWORD_FILE',
    'path',
    'A file that holds nothing but the password of that user; read at a start.',
  ),
  allowPlaintext: oneOf(
    {
      name: 'CLIENTELE_ALLOW_PLAINTEXT',
      unit: 'choice',
      fallback: 'no',
      why: 'Whether brokers and registry beyond this machine may be spoken to without TLS: for a network nobody else is on.',
    },
    ['no', 'yes'],
  ),
  appId: text(
    {
      name: 'CLIENTELE_APP_ID',
      unit: 'name',
      fallback: 'clientele',
      why: 'Consumer group and prefix of the transactional ids: the same on every process of one service.',
    },
    '1–100 of A–Z a–z 0–9 . _ -',
    /^[A-Za-z0-9._-]{1,100}$/,
    'is not 1–100 of A–Z a–z 0–9 . _ -',
  ),
  modelPath: text(
    { name: 'CLIENTELE_MODEL', unit: 'path', fallback: './model.yaml', why: 'The model file that scores.' },
    'a file',
    /./,
    'is empty',
  ),
  http: listening({
    name: 'CLIENTELE_HTTP',
    unit: 'host:port',
    fallback: '127.0.0.1:8080',
    why: 'Serves /metrics, /livez and /readyz; not for the open internet.',
  }),
  api: listening({
    name: 'CLIENTELE_API',
    unit: 'host:port',
    fallback: '127.0.0.1:8090',
    why: 'Serves the data API; off the loopback it needs a token file or a client CA.',
  }),
  apiAddress: text(
    {
      name: 'CLIENTELE_API_ADDRESS',
      unit: 'host:port',
      fallback: '',
      why: 'Where other instances reach this data API; empty = where it listens. Needed when that is every address (0.0.0.0).',
    },
    'port 1–65535, or empty',
    /^$|^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):\d{1,5}$/,
    'is not host:port',
  ),
  apiTokenFile: file(
    'CLIENTELE_API_TOKEN_FILE',
    'path',
    'Bearer tokens of the data API, one a line, at least 16 characters each; the first is shown to other instances.',
  ),
  apiTlsCertFile: file(
    'CLIENTELE_API_TLS_CERT_FILE',
    'PEM file',
    'Certificate of the data API; with it TLS is spoken.',
  ),
  apiTlsKeyFile: file('CLIENTELE_API_TLS_KEY_FILE', 'PEM file', 'Key of that certificate.'),
  apiClientCaFile: file(
    'CLIENTELE_API_CLIENT_CA_FILE',
    'PEM file',
    'Authority of client certificates: a client without one is refused. Other instances show their own certificate.',
  ),
  apiRequestsPerSecond: integer(
    {
      name: 'CLIENTELE_API_REQUESTS_PER_SECOND',
      unit: 'requests/s',
      fallback: '100',
      why: 'Data API requests answered per second by this process; what is above gets 429 and leaves the stream its time.',
    },
    1,
    10_000,
  ),
  auditKeyFile: file(
    'CLIENTELE_AUDIT_KEY_FILE',
    'path',
    'Key of the hashes that stand for customers in the audit log, at least 16 characters; none = drawn at each start.',
  ),
  stateDir: text(
    {
      name: 'CLIENTELE_STATE_DIR',
      unit: 'path',
      fallback: '',
      why: 'Where states are held on disk, behind a cache: more customers than memory, and a restart in seconds. One per process. Empty = in memory, read anew from the changelog at each start.',
    },
    'a directory, or none',
    /^/,
    '',
  ),
  stateCacheBytes: integer(
    {
      name: 'CLIENTELE_STATE_CACHE_BYTES',
      unit: 'bytes',
      fallback: '67108864',
      why: 'States held in memory per task, and at most as much again of states not on disk yet; for a state directory only.',
    },
    1_048_576,
    68_719_476_736,
  ),
  snapshotIntervalMs: integer(
    {
      name: 'CLIENTELE_SNAPSHOT_INTERVAL_MS',
      unit: 'ms',
      fallback: '30000',
      why: 'The copy on disk is behind by this much: what a restart reads of the changelog. For a state directory only.',
    },
    100,
    3_600_000,
  ),
  topicPrefix: text(
    {
      name: 'CLIENTELE_TOPIC_PREFIX',
      unit: 'text',
      fallback: '',
      why: 'Put before every topic name, so that several installations share a cluster.',
    },
    '0–100 of A–Z a–z 0–9 . _ -',
    /^[A-Za-z0-9._-]{0,100}$/,
    'is not 0–100 of A–Z a–z 0–9 . _ -',
  ),
  commitIntervalMs: integer(
    {
      name: 'CLIENTELE_COMMIT_INTERVAL_MS',
      unit: 'ms',
      fallback: '100',
      why: 'Transitions become visible about this long after their event; shorter costs more transactions.',
    },
    5,
    5_000,
  ),
  commitMaxRecords: integer(
    {
      name: 'CLIENTELE_COMMIT_MAX_RECORDS',
      unit: 'records',
      fallback: '4000',
      why: 'A commit starts early once a task has taken this many records; bounds the work lost to a crash.',
    },
    1,
    100_000,
  ),
  commitMaxBytes: integer(
    {
      name: 'CLIENTELE_COMMIT_MAX_BYTES',
      unit: 'bytes',
      fallback: '4194304',
      why: 'A commit starts early once a task has taken this much.',
    },
    65_536,
    67_108_864,
  ),
  idleCommitMs: integer(
    {
      name: 'CLIENTELE_IDLE_COMMIT_MS',
      unit: 'ms',
      fallback: '60000',
      why: 'A pure advance of positions is committed this often; must stay far below the retention of the inputs.',
    },
    100,
    3_600_000,
  ),
  mergeWaitMs: integer(
    {
      name: 'CLIENTELE_MERGE_WAIT_MS',
      unit: 'ms',
      fallback: '5000',
      why: 'Longest wait for a silent input before the others go on without it; what it brings late is corrected.',
    },
    0,
    600_000,
  ),
  graceMs: {
    name: 'CLIENTELE_GRACE_MS',
    unit: 'ms per input',
    fallback: '',
    range: 'input=ms, comma-separated, 0–3153600000000',
    why: 'Silence on an input is believed this much later: for producers that write late, a day or a week at a time. Without one: at once.',
    schema: z.string().transform((value, context): Record<'purchases' | 'interactions' | 'surveys', number> => {
      const grace = { purchases: 0, interactions: 0, surveys: 0 };
      for (const part of value.split(',').filter((text) => text !== '')) {
        const [input = '', text = ''] = part.split('=');
        const ms = /^\d{1,13}$/.test(text) ? Number(text) : NaN;
        const isKnown = input === 'purchases' || input === 'interactions' || input === 'surveys';
        if (isKnown && ms <= graceMaxMs) grace[input] = ms;
        else context.addIssue('is not a list like purchases=5000,surveys=0');
      }
      return grace;
    }),
  } satisfies Setting<Record<'purchases' | 'interactions' | 'surveys', number>>,
  clockSkewMaxMs: integer(
    {
      name: 'CLIENTELE_CLOCK_SKEW_MAX_MS',
      unit: 'ms',
      fallback: '5000',
      why: 'A process whose clock is further off broker time fires no timers, is not ready and says so.',
    },
    1_000,
    60_000,
  ),
  startDeadlineMs: integer(
    {
      name: 'CLIENTELE_START_DEADLINE_MS',
      unit: 'ms',
      fallback: '60000',
      why: 'How long a start waits for broker, registry and topics before it exits with code 3.',
    },
    0,
    3_600_000,
  ),
  drainDeadlineMs: integer(
    {
      name: 'CLIENTELE_DRAIN_DEADLINE_MS',
      unit: 'ms',
      fallback: '10000',
      why: 'Time to commit and leave after SIGTERM; keep it below the grace period of whoever sends the signal.',
    },
    100,
    600_000,
  ),
  onOffsetGap: oneOf(
    {
      name: 'CLIENTELE_ON_OFFSET_GAP',
      unit: 'choice',
      fallback: 'stop',
      why: 'What to do when a position is outside the log: stop with a named error (code 4), or go on and lose what is gone.',
    },
    ['stop', 'earliest', 'latest'],
  ),
  logLevel: oneOf(
    { name: 'CLIENTELE_LOG_LEVEL', unit: 'choice', fallback: 'info', why: 'Least severe line that is logged.' },
    ['info', 'warn', 'error'],
  ),
} as const satisfies Readonly<Record<string, Setting>>;
