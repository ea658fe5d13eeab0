/**
 * Plain requests to a registry with the Confluent REST API, for what the client library does not offer: the error
 * code of an answer, compatibility levels. One request per call, with a time-out; no retries.
 */
import { request as ask } from 'node:http';
import { Agent, request as askSecurely } from 'node:https';
import { UnavailableError } from '../../pipeline/ports.ts';

/** Longest wait for one answer, ms. A registry answers in milliseconds; a hung one never does. */
export const requestTimeoutMs = 2_000;

/** A schema has some kilobytes; whoever sends more is no registry. */
const answerBytesMax = 16 * 1_048_576;

export type Json = Readonly<Record<string, unknown>>;

export interface Answer {
  readonly status: number;
  /** The body where it is a JSON object, else null. */
  readonly body: Json | null;
  /** The body where it is a JSON array, else null. */
  readonly list: readonly unknown[] | null;
}

interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** How a registry is asked beside its URL: PEM texts, and who we are. */
export interface RegistryAccess {
  readonly tls: { readonly ca: string | null; readonly cert: string | null; readonly key: string | null } | null;
  readonly credentials: Credentials | null;
}

/** Where a registry is. The URL has no credentials in it, for it ends up in messages. */
export interface RegistryAddress {
  readonly url: string;
  readonly credentials: Credentials | null;
  /** Null = plain HTTP, or the authorities that Node knows. */
  readonly agent: Agent | null;
}

/** Takes the credentials (user:password@) out of a registry's URL. Throws: TypeError for text that is no URL. */
export function registryAddress(text: string, access: RegistryAccess | null = null): RegistryAddress {
  const url = new URL(text);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  const own =
    username === '' ? null : { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  return {
    url: url.href.replace(/\/+$/, ''),
    credentials: access?.credentials ?? own,
    agent: agentOf(access?.tls ?? null),
  };
}

function agentOf(tls: RegistryAccess['tls']): Agent | null {
  if (tls === null) return null;
  const { ca, cert, key } = tls;
  return new Agent({
    minVersion: 'TLSv1.2',
    ...(ca === null ? {} : { ca }),
    ...(cert === null || key === null ? {} : { cert, key }),
  });
}

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Asks once. Rejects: UnavailableError when no answer came, or one that says the registry is not able to answer. */
export async function request(
  address: RegistryAddress,
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  body?: Json,
): Promise<Answer> {
  const { credentials } = address;
  const headers: Record<string, string> = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
  if (credentials !== null) {
    const pair = Buffer.from(`${credentials.username}:${credentials.password}`);
    headers['authorization'] = `Basic ${pair.toString('base64')}`;
  }
  const signal = AbortSignal.timeout(requestTimeoutMs);
  let status: number;
  let text: string;
  try {
    ({ status, text } = await exchange(address, path, { method, headers, signal }, body));
  } catch (error) {
    throw unavailable(address, signal.aborted ? `no answer within ${requestTimeoutMs} ms` : causeOf(error));
  }
  const answer = { status, ...parse(text) };
  const isAbleToAnswer = status < 500 && status !== 401 && status !== 403 && status !== 408 && status !== 429;
  if (!isAbleToAnswer) throw unavailable(address, `status ${status}`);
  // A 404 of a proxy or of a wrong path carries no error code; it says nothing about schemas.
  if (status >= 400 && answer.body?.['error_code'] === undefined) {
    throw unavailable(address, `status ${status} without an error code: is this the URL of a schema registry?`);
  }
  return answer;
}

/** One request with node:http, for `fetch` takes no authority of our own. Rejects: the system's error. */
function exchange(
  { url, agent }: RegistryAddress,
  path: string,
  options: { readonly method: string; readonly headers: Record<string, string>; readonly signal: AbortSignal },
  body: Json | undefined,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const target = `${url}${path}`;
    // Each on a connection of its own: a kept one may have been closed at the other end meanwhile.
    const sent = url.startsWith('https:')
      ? askSecurely(target, { ...options, agent: agent ?? false })
      : ask(target, { ...options, agent: false });
    sent.once('error', reject);
    sent.once('response', (response) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      response.on('data', (part: Buffer) => {
        parts.push(part);
        bytes += part.length;
        if (bytes > answerBytesMax) response.destroy(new Error(`an answer above ${answerBytesMax} bytes`));
      });
      response.once('error', reject);
      response.once('end', () => {
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') });
      });
    });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function parse(text: string): Pick<Answer, 'body' | 'list'> {
  try {
    const json: unknown = JSON.parse(text);
    return { body: isJson(json) ? json : null, list: Array.isArray(json) ? json : null };
  } catch {
    return { body: null, list: null };
  }
}

/** A name with several addresses fails with an error per address and no message of its own. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === '' && 'code' in error ? String(error.code) : error.message;
}

/** The error every failure to ask ends in. */
export function unavailable(address: RegistryAddress, reason: string): UnavailableError {
  return new UnavailableError(`schema registry at ${address.url}: ${reason}`);
}
