/**
 * Plain requests to a registry with the Confluent REST API, for what the client library does not offer: the error
 * code of an answer, compatibility levels. One request per call, with a time-out; no retries.
 */
import { UnavailableError } from '../../pipeline/ports.ts';

/** Longest wait for one answer, ms. A registry answers in milliseconds; a hung one never does. */
export const requestTimeoutMs = 2_000;

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

/** Where a registry is. The URL has no credentials in it, for it ends up in messages. */
export interface RegistryAddress {
  readonly url: string;
  readonly credentials: Credentials | null;
}

/** Takes the credentials (user:password@) out of a registry's URL. Throws: TypeError for text that is no URL. */
export function registryAddress(text: string): RegistryAddress {
  const url = new URL(text);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  return {
    url: url.href.replace(/\/+$/, ''),
    credentials:
      username === '' ? null : { username: decodeURIComponent(username), password: decodeURIComponent(password) },
  };
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
  const init = body === undefined ? {} : { body: JSON.stringify(body) };
  let status: number;
  let text: string;
  try {
    const response = await fetch(`${address.url}${path}`, { method, headers, signal, ...init });
    ({ status } = response);
    text = await response.text();
  } catch (error) {
    throw unavailable(address, causeOf(error));
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

function parse(text: string): Pick<Answer, 'body' | 'list'> {
  try {
    const json: unknown = JSON.parse(text);
    return { body: isJson(json) ? json : null, list: Array.isArray(json) ? json : null };
  } catch {
    return { body: null, list: null };
  }
}

/** The reason behind fetch's "fetch failed". */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${requestTimeoutMs} ms`;
  const { cause } = error;
  if (cause instanceof AggregateError && 'code' in cause) return String(cause.code);
  return cause instanceof Error ? cause.message : error.message;
}

/** The error every failure to ask ends in. */
export function unavailable(address: RegistryAddress, reason: string): UnavailableError {
  return new UnavailableError(`schema registry at ${address.url}: ${reason}`);
}
