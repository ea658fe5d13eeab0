/**
 * How this process reaches brokers and registry safely: what their settings need of each other, and the secrets out of
 * their files. Plaintext beyond this machine is a fault unless it is asked for. Nothing is connected here.
 *
 * What is read is handed on inside functions: what prints an object that holds one prints no secret.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Config } from './config.ts';
import { settings } from './settings.ts';

/** PEM texts; null = none, for `ca` the authorities that Node knows. */
export interface TlsMaterial {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
}

/** Who we are to a broker; `token` is asked for at each authentication. */
export type Sasl =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: string;
    }
  | { readonly mechanism: 'oauthbearer'; readonly token: () => string };

/** How the brokers and the registry of a configuration are spoken to; null = plaintext, or nobody in particular. */
export interface Connection {
  readonly kafka: () => { readonly tls: TlsMaterial | null; readonly sasl: Sasl | null };
  readonly registry: () => {
    readonly tls: TlsMaterial | null;
    readonly credentials: { readonly username: string; readonly password: string } | null;
  };
}

/** Settings that name a file of a connection: relative paths are made whole. */
export const connectionFiles = [
  ...(['kafkaCaFile', 'kafkaCertFile', 'kafkaKeyFile', 'kafkaPasswordFile', 'kafkaTokenFile'] as const),
  ...(['registryCaFile', 'registryCertFile', 'registryKeyFile', 'registryPasswordFile'] as const),
] as const satisfies readonly (keyof Config)[];

type Values = Partial<Config>;

/** True for names and addresses of this machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || /^\[?::1\]?$/.test(host) || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** Reads what a configuration without faults names. Throws: the system's error when a file has gone since. */
export function connectionOf(config: Config): Connection {
  const { schemaRegistryUrl, registryUsername, registryCaFile, registryCertFile, registryKeyFile } = config;
  const kafka = {
    tls: config.kafkaTls === 'on' ? material(config.kafkaCaFile, config.kafkaCertFile, config.kafkaKeyFile) : null,
    sasl: saslOf(config),
  };
  const registry = {
    tls: schemaRegistryUrl.startsWith('https:') ? material(registryCaFile, registryCertFile, registryKeyFile) : null,
    credentials:
      registryUsername === '' ? null : { username: registryUsername, password: secretIn(config.registryPasswordFile) },
  };
  return { kafka: () => kafka, registry: () => registry };
}

function saslOf({ kafkaSasl, kafkaUsername, kafkaPasswordFile, kafkaTokenFile }: Config): Sasl | null {
  if (kafkaSasl === 'none') return null;
  if (kafkaSasl === 'oauthbearer') return { mechanism: kafkaSasl, token: () => secretIn(kafkaTokenFile) };
  return { mechanism: kafkaSasl, username: kafkaUsername, password: secretIn(kafkaPasswordFile) };
}

function material(ca: string, cert: string, key: string): TlsMaterial {
  const read = (path: string): string | null => (path === '' ? null : readFileSync(path, 'utf8'));
  return { ca: read(ca), cert: read(cert), key: read(key) };
}

/** The newline that editors put at the end is no part of a secret. */
function secretIn(path: string): string {
  return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
}

/** Every fault of the settings of both connections, their files included. */
export function connectionFaults(values: Values): readonly string[] {
  return [...kafkaFaults(values), ...registryFaults(values), ...plaintextFaults(values), ...fileFaults(values)];
}

function kafkaFaults(values: Values): readonly string[] {
  const { kafkaTls, kafkaSasl, kafkaUsername, kafkaPasswordFile, kafkaTokenFile } = values;
  const faults = pairFaults(values, 'kafkaCertFile', 'kafkaKeyFile');
  if (kafkaTls === 'off') {
    for (const key of ['kafkaCaFile', 'kafkaCertFile'] as const) {
      if (isGiven(values[key])) faults.push(`${settings[key].name} needs ${settings.kafkaTls.name}=on`);
    }
  }
  if (kafkaSasl === undefined) return faults;
  const wantsPassword = kafkaSasl !== 'none' && kafkaSasl !== 'oauthbearer';
  const sasl = `${settings.kafkaSasl.name}=${kafkaSasl}`;
  for (const [setting, value, isWanted] of [
    [settings.kafkaUsername, kafkaUsername, wantsPassword],
    [settings.kafkaPasswordFile, kafkaPasswordFile, wantsPassword],
    [settings.kafkaTokenFile, kafkaTokenFile, kafkaSasl === 'oauthbearer'],
  ] as const) {
    if (isWanted && !isGiven(value)) faults.push(`${sasl} needs ${setting.name}`);
    if (!isWanted && isGiven(value)) faults.push(`${setting.name} has no use with ${sasl}`);
  }
  return faults;
}

function registryFaults(values: Values): readonly string[] {
  const faults = [
    ...pairFaults(values, 'registryCertFile', 'registryKeyFile'),
    ...pairFaults(values, 'registryUsername', 'registryPasswordFile'),
  ];
  if (values.schemaRegistryUrl?.startsWith('http:') !== true) return faults;
  for (const key of ['registryCaFile', 'registryCertFile'] as const) {
    if (isGiven(values[key]))
      faults.push(`${settings[key].name} needs an https URL in ${settings.schemaRegistryUrl.name}`);
  }
  return faults;
}

function plaintextFaults({
  kafkaBrokers = [],
  kafkaTls,
  schemaRegistryUrl,
  allowPlaintext,
}: Values): readonly string[] {
  if (allowPlaintext !== 'no') return [];
  const faults: string[] = [];
  const told = `say ${settings.allowPlaintext.name}=yes if nobody else is on that network`;
  const beyond = kafkaBrokers.filter((broker) => !isLoopback(broker.slice(0, broker.lastIndexOf(':'))));
  if (kafkaTls === 'off' && beyond.length > 0) {
    faults.push(
      `${settings.kafkaBrokers.name}: plaintext to ${beyond.join(', ')} is refused: give ${settings.kafkaTls.name}=on, or ${told}`,
    );
  }
  if (schemaRegistryUrl?.startsWith('http:') === true && !isLoopback(new URL(schemaRegistryUrl).hostname)) {
    faults.push(
      `${settings.schemaRegistryUrl.name}: plaintext to ${new URL(schemaRegistryUrl).host} is refused: give an https URL, or ${told}`,
    );
  }
  return faults;
}

function pairFaults(values: Values, one: keyof Config, other: keyof Config): string[] {
  if (isGiven(values[one]) === isGiven(values[other])) return [];
  return [`${settings[one].name} and ${settings[other].name} are given together or not at all`];
}

function fileFaults(values: Values): readonly string[] {
  return connectionFiles.flatMap((key) => {
    const path = values[key];
    if (path === undefined || path === '') return [];
    try {
      checkContent(key, readFileSync(path, 'utf8'));
      return [];
    } catch (error) {
      // OpenSSL's messages name no content of the file.
      return [
        `${settings[key].name}: ${path} cannot be used: ${error instanceof Error ? error.message : String(error)}`,
      ];
    }
  });
}

function checkContent(key: (typeof connectionFiles)[number], text: string): void {
  if (key.endsWith('KeyFile')) createPrivateKey(text);
  else if (key.endsWith('CaFile') || key.endsWith('CertFile')) new X509Certificate(text);
  else if (/^\s*$|[\r\n]./.test(text)) throw new Error('it does not hold one line of text');
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== '';
}
