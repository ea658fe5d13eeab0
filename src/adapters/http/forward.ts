/**
 * Asks the instance that has a customer's task on behalf of a client. Once only: a forwarded request is never forwarded
 * again, so addresses that are wrong for a moment cannot make a circle.
 */
import { request as plainRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as tlsRequest } from 'node:https';
import type { Answer, Tls } from './listener.ts';
import { notNow } from './refusals.ts';

/** Marks a request of another instance. */
export const forwardedHeader = 'clientele-forwarded';

/** An instance that does not answer within this is away or frozen, ms. */
const timeoutMs = 3_000;
/** The largest answer is an explanation of a few dozen KiB. */
const maxBytes = 4 * 1_048_576;

export interface Peer {
  /** Sent along; null = none. */
  readonly token: string | null;
  /** The own certificate is shown to the other instance, and its own is checked against the same authority. */
  readonly tls: Tls | null;
}

/** Never rejects: an instance that cannot be asked is "not now". */
export function forward(request: IncomingMessage, address: string, peer: Peer): Promise<Answer> {
  return ask(request, address, peer).catch(() => notNow('owner_silent'));
}

function ask({ method, url }: IncomingMessage, address: string, { token, tls }: Peer): Promise<Answer> {
  const { hostname, port } = new URL(`http://${address}`);
  const options: RequestOptions = {
    host: hostname.replace(/^\[|\]$/g, ''),
    port,
    method,
    path: url,
    headers: {
      host: address,
      [forwardedHeader]: '1',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    },
    signal: AbortSignal.timeout(timeoutMs),
  };
  return new Promise((resolve, reject) => {
    const onResponse = (response: IncomingMessage): void => {
      read(response).then(resolve, reject);
    };
    const sent =
      tls === null
        ? plainRequest(options, onResponse)
        : tlsRequest({ ...options, cert: tls.cert, key: tls.key, ...authority(tls) }, onResponse);
    sent.on('error', reject);
    sent.end();
  });
}

function authority({ clientCa }: Tls): { readonly ca?: string } {
  return clientCa === null ? {} : { ca: clientCa };
}

async function read(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    const part = Buffer.from(chunk as Uint8Array);
    bytes += part.length;
    if (bytes > maxBytes) throw new Error('the answer is too large');
    chunks.push(part);
  }
  const retryAfter = response.headers['retry-after'];
  return {
    status: response.statusCode ?? 502,
    contentType: response.headers['content-type'] ?? 'application/json',
    body: Buffer.concat(chunks).toString('utf8'),
    ...(retryAfter === undefined ? {} : { headers: { 'retry-after': retryAfter } }),
  };
}
