/**
 * The checks of `clientele doctor` that need no client of Kafka's: this machine, names and ports, certificates, and how the
 * other findings become one verdict each.
 */
import { X509Certificate } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { accessSync, constants, existsSync, readFileSync, statSync, statfsSync } from 'node:fs';
import { connect, isIP } from 'node:net';
import { dirname, resolve } from 'node:path';
import { connect as connectTls } from 'node:tls';
import type { BrokerTime } from '../adapters/kafka/transactional-writer.ts';
import type { TopicPlan } from '../pipeline/topic-plan.ts';
import { exitCodes, type ExitCode } from './frame.ts';

/** One line of the doctor. */
export interface Finding {
  readonly check: string;
  /** `skipped`: what it needs is not there; `warn`: it works, and somebody should know. */
  readonly status: 'ok' | 'warn' | 'fail' | 'skipped';
  readonly message: string;
  /** What to do; null = nothing. */
  readonly fix: string | null;
  /** Exit code where it failed. */
  readonly code: ExitCode;
}

export const ok = (check: string, message: string): Finding => {
  return { check, status: 'ok', message, fix: null, code: exitCodes.done };
};
export const warn = (check: string, message: string, fix: string): Finding => {
  return { check, status: 'warn', message, fix, code: exitCodes.done };
};
export const fail = (check: string, message: string, fix: string, code: ExitCode = exitCodes.failed): Finding => {
  return { check, status: 'fail', message, fix, code };
};
export const skipped = (check: string, message: string): Finding => {
  return { check, status: 'skipped', message, fix: null, code: exitCodes.done };
};

/** The first major version that runs this. */
const nodeMajor = 24;

/** `version` such as `v24.1.0`. */
export function nodeFinding(version: string): Finding {
  const major = Number(/^v(\d+)\./.exec(version)?.[1] ?? 0);
  if (major >= nodeMajor) return ok('node', version);
  return fail('node', `${version} is too old`, `use Node ${nodeMajor} or newer`);
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Reads `host:port`, `[v6]:port`. */
export function addressOf(text: string): Address {
  const at = text.lastIndexOf(':');
  return { host: text.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(text.slice(at + 1)) };
}

/** True for names and addresses of this machine. */
export function isLocal(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}

/** Whether every host has an address, one finding for all. `what` names who gave them. */
export async function dnsFinding(what: string, hosts: readonly string[], fix: string): Promise<Finding> {
  const names = [...new Set(hosts)].filter((host) => isIP(host) === 0);
  const asked = await Promise.all(
    names.map((name) =>
      lookup(name).then(
        () => null,
        () => name,
      ),
    ),
  );
  const unknown = asked.filter((name) => name !== null);
  if (unknown.length > 0)
    return fail('dns', `${what}: no address for ${unknown.join(', ')}`, fix, exitCodes.unavailable);
  return ok('dns', `${what}: ${names.length === 0 ? 'addresses, no names' : names.join(', ')}`);
}

/** Longest wait for a port to answer, ms. */
const connectMs = 3_000;

/** Whether every address accepts a connection, one finding for all. */
export async function portsFinding(
  check: string,
  what: string,
  addresses: readonly Address[],
  fix: string,
): Promise<Finding> {
  const asked = await Promise.all(addresses.map(async (address) => ({ address, fault: await connectFault(address) })));
  const closed = asked.filter(({ fault }) => fault !== null);
  const texts = closed.map(({ address, fault }) => `${address.host}:${address.port} (${fault ?? ''})`);
  if (texts.length > 0) return fail(check, `${what}: no connection to ${texts.join(', ')}`, fix, exitCodes.unavailable);
  return ok(check, `${what}: ${addresses.map(({ host, port }) => `${host}:${port}`).join(', ')}`);
}

function connectFault({ host, port }: Address): Promise<string | null> {
  return new Promise((told) => {
    const socket = connect({ host, port, timeout: connectMs });
    const end = (fault: string | null): void => {
      socket.destroy();
      told(fault);
    };
    socket.once('connect', () => end(null));
    socket.once('timeout', () => end(`no answer within ${connectMs} ms`));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}

/** Whether what leaves this machine is encrypted; `brokers` are those spoken to in plaintext. */
export function plaintextFinding(brokers: readonly Address[], registryUrl: string): Finding {
  const open = brokers.filter(({ host }) => !isLocal(host)).map(({ host }) => host);
  const { protocol, hostname } = new URL(registryUrl);
  if (protocol === 'http:' && !isLocal(hostname)) open.push(hostname);
  if (open.length === 0) return ok('tls', 'nothing leaves this machine unencrypted');
  return warn(
    'tls',
    `plaintext to ${[...new Set(open)].join(', ')}`,
    'CLIENTELE_KAFKA_TLS=on, an https URL of the registry; until then keep that network private',
  );
}

/** A certificate that ends sooner than this is a warning, ms. */
const soonMs = 14 * 86_400_000;

/** A certificate that this process shows; `setting` names it. */
export function certificateFinding(setting: string, path: string, nowMs: number): Finding {
  const renew = `renew ${setting} and start the process again`;
  try {
    return validity('certificate', path, new X509Certificate(readFileSync(path)).validTo, renew, nowMs);
  } catch (error) {
    return fail('certificate', `${path}: ${messageOf(error)}`, renew, exitCodes.usage);
  }
}

/** PEM texts of a connection; null = none. */
type Tls = { readonly ca: string | null; readonly cert: string | null; readonly key: string | null };

/** Whether an address answers in TLS with a certificate we trust, and until when that is good. */
export async function peerFinding(address: Address, tls: Tls, settings: string, nowMs: number): Promise<Finding> {
  const name = `${address.host}:${address.port}`;
  const fix = `renew the certificate there, or mend ${settings}`;
  try {
    return validity('tls', name, await peerValidTo(address, tls), fix, nowMs);
  } catch (error) {
    return fail('tls', `${name}: ${messageOf(error)}`, fix, exitCodes.unavailable);
  }
}

function validity(check: string, what: string, validTo: string, fix: string, nowMs: number): Finding {
  const endsAtMs = Date.parse(validTo);
  const until = `valid until ${new Date(endsAtMs).toISOString().slice(0, 10)}`;
  if (endsAtMs <= nowMs) return fail(check, `${what}: was ${until}`, fix);
  return endsAtMs - nowMs < soonMs ? warn(check, `${what}: ${until}`, fix) : ok(check, `${what}: ${until}`);
}

function peerValidTo({ host, port }: Address, { ca, cert, key }: Tls): Promise<string> {
  return new Promise((told, refused) => {
    const socket = connectTls({
      host,
      port,
      minVersion: 'TLSv1.2',
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(ca === null ? {} : { ca }),
      ...(cert === null || key === null ? {} : { cert, key }),
    });
    socket.setTimeout(connectMs, () => socket.destroy(new Error(`no TLS within ${connectMs} ms`)));
    socket.once('error', refused);
    socket.once('secureConnect', () => {
      told(socket.getPeerCertificate().valid_to);
      socket.destroy();
    });
  });
}

/** Room below this is a warning, bytes. */
const roomBytes = 1_073_741_824;

/** Whether the directory of local files can be written and has room; it is made by the service, so its parent counts too. */
export function diskFinding(directory: string): Finding {
  const fix = 'point CLIENTELE_STATE_DIR to a directory this user may write to';
  let place = resolve(directory);
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place);
  try {
    if (!statSync(place).isDirectory()) throw new Error(`${place} is no directory`);
    accessSync(place, constants.W_OK);
    const { bavail, bsize } = statfsSync(place);
    const freeBytes = bavail * bsize;
    const text = `${directory}: ${(freeBytes / 1_073_741_824).toFixed(1)} GiB free`;
    return freeBytes < roomBytes ? warn('disk', text, 'make room, or move CLIENTELE_STATE_DIR') : ok('disk', text);
  } catch (error) {
    return fail('disk', `${directory}: ${messageOf(error)}`, fix);
  }
}

/** Clocks further apart than this are refused by the design, ms; a tenth of it is worth knowing. */
const skewMaxMs = 5_000;

/** Our clock against the broker's, as far as one answer tells: within half the time it took. */
export function clockFinding({ sentAtMs, brokerMs, answeredAtMs }: BrokerTime): Finding {
  const fix = 'let both keep time by NTP';
  if (brokerMs < 0)
    return fail('clock', 'the broker does not stamp records', 'clientele topics apply', exitCodes.refused);
  const aheadMs = Math.max(0, brokerMs - answeredAtMs) - Math.max(0, sentAtMs - brokerMs);
  const apartMs = Math.abs(aheadMs);
  const text =
    apartMs === 0
      ? `within ${answeredAtMs - sentAtMs} ms of the broker's`
      : `the broker's is ${apartMs} ms ${aheadMs > 0 ? 'ahead' : 'behind'}`;
  if (apartMs > skewMaxMs) return fail('clock', text, fix);
  return apartMs > skewMaxMs / 10 ? warn('clock', text, fix) : ok('clock', text);
}

/** One finding a difference between what there is and what must be; none = one that says so. */
export function planFindings({ create, alter, register, refused, notices }: TopicPlan): readonly Finding[] {
  const apply = 'clientele topics apply';
  const topics = [
    ...create.map(({ topic }) => fail('topics', `${topic} does not exist`, apply, exitCodes.unavailable)),
    ...alter.map(({ topic, setting, from, to }) => {
      const check = setting === 'cleanup.policy' || setting.startsWith('min.cleanable') ? 'compaction' : 'topics';
      return fail(check, `${topic}: ${setting} is ${from ?? 'not set'}, not ${to}`, apply);
    }),
    ...notices.map((notice) => warn('topics', notice, "Kafka's own tools")),
  ];
  const subjects = register.map(({ subject, compatibility, setsLevel, registers }) => {
    const what = registers ? 'has no schema of this version' : `is not ${compatibility}`;
    const code = registers ? exitCodes.unavailable : exitCodes.failed;
    return fail(
      'registry',
      `${subject} ${what}${registers && setsLevel ? ` and is not ${compatibility}` : ''}`,
      apply,
      code,
    );
  });
  const refusals = refused.map((reason) =>
    fail('compatibility', reason, 'a person must decide: docs/UPGRADE.md', exitCodes.refused),
  );
  return [
    ...(topics.length > 0 ? topics : [ok('topics', 'they exist, with the settings and compaction they need')]),
    ...(subjects.length > 0 ? subjects : [ok('registry', 'every subject has the schema and level of this version')]),
    ...(refusals.length > 0 ? refusals : [ok('compatibility', 'partition counts are equal, schemas go together')]),
  ];
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
