/** The HTTP server on a free port of this machine, asked over real sockets. */
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type HttpServer, type Readiness, startHttpServer } from '../../../src/adapters/http/server.ts';

let server: HttpServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function start(readiness: Readiness = { ready: true, reasons: [] }, scrape = goodScrape): Promise<string> {
  server = await startHttpServer({ host: '127.0.0.1', port: 0, scrape, readiness: () => readiness });
  return server.url;
}

function goodScrape(): Promise<{ contentType: string; body: string }> {
  return Promise.resolve({ contentType: 'text/plain; version=0.0.4', body: 'up 1\n' });
}

/** Sends raw bytes and returns everything the server answers before it closes. */
function raw(url: string, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(request));
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

describe('startHttpServer', () => {
  it('binds a free port when asked for port 0 and returns its URL', async () => {
    const url = await start();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d+$/);
  });

  it('serves the metrics with the content type of the exposition', async () => {
    const response = await fetch(`${await start()}/metrics?name=up`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4');
    expect(await response.text()).toBe('up 1\n');
  });

  it('answers live while it can answer at all', async () => {
    const response = await fetch(`${await start()}/livez`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ live: true });
  });

  it('answers 503 with every reason while not ready', async () => {
    const response = await fetch(
      `${await start({ ready: false, reasons: ['task 3 restoring', 'registry away'] })}/readyz`,
    );
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ ready: false, reasons: ['task 3 restoring', 'registry away'] });
  });

  it('answers 200 when ready', async () => {
    const response = await fetch(`${await start()}/readyz`);
    expect([response.status, await response.json()]).toEqual([200, { ready: true, reasons: [] }]);
  });

  it.each([
    ['GET', '/', 404],
    ['GET', '/metrics/', 404],
    ['GET', '/customers/4711', 404],
    ['POST', '/metrics', 405],
  ])('answers %s %s with problem details', async (method, path, status) => {
    const response = await fetch(`${await start()}${path}`, { method });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toMatchObject({ type: 'about:blank', status });
  });

  it('answers HEAD with headers only', async () => {
    const response = await fetch(`${await start()}/metrics`, { method: 'HEAD' });
    expect(response.headers.get('content-length')).toBe('5');
    expect(await response.text()).toBe('');
  });

  it('answers 500 without details when the scrape fails', async () => {
    const url = await start(undefined, () => Promise.reject(new Error('secret')));
    const response = await fetch(`${url}/metrics`);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret');
  });

  it('refuses a request body and closes the connection', async () => {
    const answer = await raw(await start(), 'GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('refuses headers above 8 KiB', async () => {
    const answer = await raw(await start(), `GET /livez HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(9_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('rejects when the port is taken', async () => {
    const url = await start();
    const port = Number(new URL(url).port);
    const second = startHttpServer({
      host: '127.0.0.1',
      port,
      scrape: goodScrape,
      readiness: () => ({ ready: true, reasons: [] }),
    });
    await expect(second).rejects.toThrow(/EADDRINUSE/);
  });

  it('ends open connections on close, and may be closed twice', async () => {
    const url = await start();
    const idle = raw(url, 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n');
    await fetch(`${url}/livez`);
    await server?.close();
    await server?.close();
    expect(await idle).toContain('{"live":true}');
    await expect(fetch(`${url}/livez`)).rejects.toThrow();
  });
});
