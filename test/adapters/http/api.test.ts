/** The data API over real sockets, in front of a source that says what it is told to. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as tlsRequest } from 'node:https';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import {
  apiRoutes,
  startApiServer,
  type ApiOptions,
  type ApiRequest,
  type ApiSource,
} from '../../../src/adapters/http/api.ts';
import type { HttpServer } from '../../../src/adapters/http/listener.ts';
import type { LookUp } from '../../../src/pipeline/look-ups.ts';
import { answerFaults, operations } from '../../support/api-document.ts';

const servers: HttpServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

interface Line {
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const token = 'a-token-of-24-characters';

function sourceOf(found: LookUp<object> = { kind: 'found', value: { is: 'here' } }): ApiSource {
  return {
    profile: () => found,
    explanation: () => found,
    timeline: () => found,
    forecasts: () => Promise.resolve({}),
    tiers: () => ({}),
    model: () => ({}),
    tasks: () => ({}),
    pause: () => null,
  };
}

async function start(options: Partial<ApiOptions> = {}) {
  const lines: Line[] = [];
  const answered: Omit<ApiRequest, 'durationMs'>[] = [];
  const log = (event: string, fields = {}): void => void lines.push({ event, fields });
  const server = await startApiServer({
    host: '127.0.0.1',
    port: 0,
    tls: null,
    tokens: [],
    requestsPerSecond: 1_000,
    auditKey: Buffer.from('a key'),
    document: {},
    source: () => sourceOf(),
    onAnswered: ({ route, status, refusal }) => answered.push({ route, status, refusal }),
    logger: { info: log, warn: log, error: log },
    ...options,
  });
  servers.push(server);
  return { url: server.url, host: new URL(server.url).host, lines, answered };
}

const withToken = (given: string) => ({ headers: { authorization: `Bearer ${given}` } });

describe('startApiServer', () => {
  it('answers a customer whose id needs escaping', async () => {
    const asked: string[] = [];
    const source = { ...sourceOf(), profile: (id: string): LookUp<object> => (asked.push(id), { kind: 'unknown' }) };
    const { url } = await start({ source: () => source });
    expect((await fetch(`${url}/v1/customers/${encodeURIComponent('a/b %é')}`)).status).toBe(404);
    expect(asked).toEqual(['a/b %é']);
  });

  it.each([
    [{ kind: 'found', value: { a: 1 } }, 200, null],
    [{ kind: 'unknown' }, 404, null],
    [{ kind: 'not_now', why: 'taking_over' }, 503, '1'],
  ] satisfies [LookUp<object>, number, string | null][])('answers what is %j', async (found, status, retryAfter) => {
    const { url } = await start({ source: () => sourceOf(found) });
    const response = await fetch(`${url}/v1/customers/c1/explain`);
    expect([response.status, response.headers.get('retry-after')]).toEqual([status, retryAfter]);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it('answers 503 while the service starts', async () => {
    const { url } = await start({ source: () => null });
    expect((await fetch(`${url}/v1/tiers`)).status).toBe(503);
  });

  it('answers 500 without details when something of ours fails', async () => {
    const source = {
      ...sourceOf(),
      tiers: () => {
        throw new Error('secret');
      },
    };
    const { url, lines } = await start({ source: () => source });
    const response = await fetch(`${url}/v1/tiers`);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret');
    expect(lines[0]?.fields['status']).toBe(500);
  });

  it.each([
    ['GET', '/', 404],
    ['GET', '/v1/customers', 404],
    ['GET', '/v1/customers/', 404],
    ['GET', '/v1/customers/%zz', 404],
    ['GET', '/v1/customers/a/b', 404],
    ['GET', '/v1/customers/a/explain/b', 404],
    ['GET', '/v1/tasks/x/pause', 404],
    ['POST', '/v1/tasks/1/pause', 404],
    ['GET', '/v1/tasks/1/pause', 405],
    ['POST', '/v1/tiers', 405],
    ['DELETE', '/v1/customers/a', 405],
  ])('answers %s %s with problem details', async (method, path, status) => {
    const { url } = await start();
    const response = await fetch(`${url}${path}`, { method });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toMatchObject({ type: 'about:blank', status });
  });

  it('refuses a body', async () => {
    const { url } = await start();
    const response = await fetch(`${url}/v1/tasks/1/pause`, { method: 'POST', body: 'x' });
    expect(response.status).toBe(413);
  });
});

describe('credentials', () => {
  it('are any of the tokens, and nothing else', async () => {
    const { url } = await start({ tokens: [token, 'another-of-the-tokens'] });
    expect((await fetch(`${url}/v1/tiers`, withToken(token))).status).toBe(200);
    expect((await fetch(`${url}/v1/tiers`, withToken('another-of-the-tokens'))).status).toBe(200);
    const refused = await fetch(`${url}/v1/tiers`, withToken(`${token}x`));
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect((await fetch(`${url}/openapi.json`)).status).toBe(401);
    expect(await answerFaults('/v1/tiers', 'get', refused)).toEqual([]);
  });

  it('are not needed on the loopback, but then a web page of another name is refused', async () => {
    const { url } = await start();
    const { port } = new URL(url);
    const rebound = await new Promise<number | undefined>((resolve, reject) => {
      import('node:http')
        .then(({ get }) =>
          get({ port, path: '/v1/tiers', headers: { host: `evil.example:${port}` } }, (response) => {
            resolve(response.resume().statusCode);
          }).on('error', reject),
        )
        .catch(reject);
    });
    expect(rebound).toBe(403);
    expect((await fetch(`http://localhost:${port}/v1/tiers`).catch(() => fetch(`${url}/v1/tiers`))).status).toBe(200);
  });

  it('bound what is answered, refusals apart from answers', async () => {
    const { url, lines, answered } = await start({ tokens: [token], requestsPerSecond: 1 });
    const statuses = async (given: string): Promise<number[]> => {
      const found: number[] = [];
      for (let asked = 0; asked < 4; asked += 1) found.push((await fetch(`${url}/v1/tiers`, withToken(given))).status);
      return found;
    };
    expect(await statuses('wrong')).toEqual([401, 401, 429, 429]);
    expect(await statuses(token)).toEqual([200, 200, 429, 429]);
    expect(lines.map(({ fields }) => fields['status'])).toEqual([401, 401, 200, 200]);
    expect(answered.map(({ status }) => status)).toEqual([401, 401, 429, 429, 200, 200, 429, 429]);
  });
});

describe('what is told of each request', () => {
  it('is the path as the document has it, the status, and why nobody could answer', async () => {
    const { url, answered } = await start({ source: () => sourceOf({ kind: 'not_now', why: 'unconfirmed' }) });
    for (const path of ['/v1/customers/anna', '/v1/tiers', '/v1/nothing/anna']) await fetch(`${url}${path}`);
    expect(answered).toEqual([
      { route: '/v1/customers/{customerId}', status: 503, refusal: 'unconfirmed' },
      { route: '/v1/tiers', status: 200, refusal: null },
      { route: null, status: 404, refusal: null },
    ]);
  });

  it('knows exactly the paths of the document', () => {
    expect([...apiRoutes].sort()).toEqual([...new Set(operations.map((text) => text.split(' ')[1]))].sort());
  });
});

describe('the audit log', () => {
  it('has one line a request, with a keyed hash in place of the customer', async () => {
    const { url, lines } = await start();
    await fetch(`${url}/v1/customers/anna/timeline`);
    await fetch(`${url}/v1/customers/anna`);
    await fetch(`${url}/v1/customers/bert`);
    expect(JSON.stringify(lines)).not.toMatch(/anna|bert/);
    const [first, second, third] = lines.map(({ fields }) => fields);
    expect(first).toMatchObject({
      method: 'GET',
      route: '/v1/customers/{customerId}/timeline',
      status: 200,
      forwarded: false,
    });
    expect(first?.['customer']).toMatch(/^[0-9a-f]{16}$/);
    expect(second?.['customer']).toBe(first?.['customer']);
    expect(third?.['customer']).not.toBe(first?.['customer']);
  });
});

describe('a customer of another instance', () => {
  it('is answered by it, with our token, whatever it says', async () => {
    const owner = await start({ tokens: [token] });
    const front = await start({
      tokens: [token],
      source: () => sourceOf({ kind: 'elsewhere', address: owner.host }),
    });
    const response = await fetch(`${front.url}/v1/customers/a%2Fb`, withToken(token));
    expect([response.status, await response.json()]).toEqual([200, { is: 'here' }]);
    expect(owner.lines[0]?.fields).toMatchObject({ forwarded: true, route: '/v1/customers/{customerId}' });
  });

  it('is not now, when that instance has it no more: nothing goes round in circles', async () => {
    let ask = '';
    const source = (): ApiSource => sourceOf({ kind: 'elsewhere', address: ask });
    const first = await start({ source });
    const second = await start({ source });
    ask = second.host;
    const response = await fetch(`${first.url}/v1/customers/c`);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect([first.lines.length, second.lines.length]).toEqual([1, 1]);
    expect([...first.answered, ...second.answered].map(({ refusal }) => refusal)).toEqual([null, 'moved']);
  });

  it('is not now, when that instance does not answer', async () => {
    const gone = await start({ source: () => sourceOf({ kind: 'elsewhere', address: '127.0.0.1:1' }) });
    expect((await fetch(`${gone.url}/v1/customers/c`)).status).toBe(503);
    expect(gone.answered[0]?.refusal).toBe('owner_silent');
  });
});

describe('TLS with certificates of clients', () => {
  const directory = mkdtempSync(join(tmpdir(), 'clientele-api-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  function certificate(name: string): { readonly cert: string; readonly key: string } {
    const [key, cert] = [join(directory, `${name}.key`), join(directory, `${name}.pem`)];
    const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
    const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    execFileSync('openssl', [...made, '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' });
    return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  }

  function ask(url: string, ca: string, own: object): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const sent = tlsRequest(`${url}/v1/customers/c`, { ca, ...own }, (response) =>
        resolve(response.resume().statusCode),
      );
      sent.on('error', reject);
      sent.end();
    });
  }

  it('answers whoever shows one of the authority, other instances too, and nobody else', async () => {
    const ours = certificate('ours');
    const strange = certificate('strange');
    const tls = { ...ours, clientCa: ours.cert };
    const owner = await start({ tls });
    const front = await start({ tls, source: () => sourceOf({ kind: 'elsewhere', address: owner.host }) });
    expect(owner.url).toMatch(/^https:/);
    expect(await ask(front.url, ours.cert, ours)).toBe(200);
    expect(owner.lines).toHaveLength(1);
    await expect(ask(owner.url, ours.cert, {})).rejects.toThrow();
    await expect(ask(owner.url, ours.cert, strange)).rejects.toThrow();
  });
});
