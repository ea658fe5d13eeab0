/** The commands that ask a running service, against whole services on the in-memory transport. */
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { exitCodes } from '../../src/cli/frame.ts';
import { clientele } from '../support/command.ts';
import { MemoryInstallation, until } from '../support/memory-installation.ts';

const installation = new MemoryInstallation();
const firstDay = Date.UTC(2026, 0, 1);
let urls: readonly string[] = [];
const asked = (argv: readonly string[], url = urls[0] ?? '') =>
  clientele([...argv, '--url', url, '--token-file', 'tokens'], installation.directory);

beforeAll(async () => {
  for (const at of [0, 30, 60, 90]) installation.buy('anna', firstDay + at * 86_400_000, 50_000);
  installation.buy('a/b %é', firstDay, 50_000);
  urls = [await installation.run(), await installation.run()];
  for (const url of urls) await until(async () => (await asked(['explain', 'anna'], url)).code === exitCodes.done);
});
afterAll(() => installation.close());

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** URL of something that answers every request alike. */
function answering(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const server = createServer((_, response) => response.writeHead(status, headers).end(body));
  servers.push(server);
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  });
}

describe('explain --url', () => {
  it('prints what a running service says of a customer, whichever instance is asked', async () => {
    const pages = await Promise.all(urls.map((url) => asked(['explain', 'anna'], url)));
    for (const { code, stdout } of pages) {
      expect(code).toBe(exitCodes.done);
      expect(stdout).toMatch(/^customer anna as of 2026-\d\d-\d\dT\d\d:\d\dZ \(model revision 1, money in USD\)\n/);
      expect(stdout).toMatch(/\n {2}2026-01-01T00:00Z {2}entered +none → /);
      expect(stdout).toMatch(/\n {2}revenue365 +2000\.00 USD/);
    }
  });

  it('prints one object with --json, the Profile and the tier changes with it', async () => {
    const { code, stdout } = await asked(['explain', 'a/b %é', '--json']);
    expect(code).toBe(exitCodes.done);
    const shape = z.object({
      customerId: z.string(),
      transitions: z.array(z.object({ direction: z.string(), eventId: z.string() })),
      profile: z.object({ customerId: z.string() }),
    });
    const told = shape.parse(JSON.parse(stdout));
    expect([told.customerId, told.profile.customerId]).toEqual(['a/b %é', 'a/b %é']);
    expect(told.transitions.map(({ direction }) => direction)).toEqual(['entered']);
  });

  it('exits 1 for a customer nobody has heard of', async () => {
    const { code, stdout, stderr } = await asked(['explain', 'nobody']);
    expect([code, stdout]).toEqual([exitCodes.failed, '']);
    expect(stderr).toBe('clientele: no event of customer nobody was ever applied.\n');
  });

  it('goes with no option of files', async () => {
    const { code, stderr } = await asked(['explain', 'anna', '--as-of', '2026-01-01']);
    expect(code).toBe(exitCodes.usage);
    expect(stderr).toContain('--url goes with no file and no option of files');
  });
});

describe('pause and resume', () => {
  it('pause a task wherever it is, and let it go on', async () => {
    for (const partition of ['0', '1']) {
      expect((await asked(['pause', partition])).stdout).toBe(`task ${partition} is paused\n`);
    }
    for (const partition of [0, 1]) {
      const { stdout } = await asked(['resume', String(partition), '--json']);
      expect(JSON.parse(stdout)).toEqual({ partition, paused: false });
    }
  });

  it('exit 1 for a task there is not, 2 for what is no number', async () => {
    expect(await asked(['pause', '7'])).toMatchObject({
      code: exitCodes.failed,
      stderr: 'clientele: there is no task 7.\n',
    });
    expect((await asked(['resume', 'all'])).code).toBe(exitCodes.usage);
    expect((await asked(['resume'])).code).toBe(exitCodes.usage);
  });
});

describe('a service that cannot be asked', () => {
  it.each([
    ['nothing listens', () => Promise.resolve('http://127.0.0.1:1'), /cannot be asked: /],
    [
      'it is no data API',
      () => answering(200, '<html>'),
      /answers 200 without JSON: is this the address of a data API/,
    ],
    ['it answers as something else', () => answering(404, '{"error":"no"}'), /answers 404: is this the address/],
    ['it answers in another shape', () => answering(200, '{}'), /in another shape \(at "partition"\)/],
    ['it is broken', () => answering(500, '{"title":"Oops","detail":"It broke."}'), /answers 500 Oops: It broke\./],
  ])('exits 3 and says why: %s', async (_, urlOf, message) => {
    const { code, stdout, stderr } = await asked(['pause', '0'], await urlOf());
    expect([code, stdout]).toEqual([exitCodes.unavailable, '']);
    expect(stderr).toMatch(message);
  });

  it('exits 3 for a token it does not know', async () => {
    writeFileSync(join(installation.directory, 'wrong'), 'not-one-of-the-tokens\n');
    const argv = ['pause', '0', '--url', urls[0] ?? '', '--token-file', 'wrong'];
    const { code, stderr } = await clientele(argv, installation.directory);
    expect(code).toBe(exitCodes.unavailable);
    expect(stderr).toContain('answers 401 Unauthorized: A bearer token is needed.');
  });

  it('is asked again while nobody can say who has the task, for as often as ten times', async () => {
    let times = 0;
    const server = createServer((_, response) => {
      times += 1;
      response.writeHead(503, { 'retry-after': '0' }).end('{"title":"Later","detail":"Not now."}');
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    const { code, stderr } = await asked(['pause', '0'], `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    expect([code, times]).toEqual([exitCodes.unavailable, 10]);
    expect(stderr).toContain('answers 503 Later: Not now.');
  });

  it.each([
    [['--url', 'localhost'], '--url takes the address'],
    [[], '--url takes the address'],
    [['--url', 'http://a', '--token-file', 'empty'], 'the first line of empty is no token'],
  ])('exits 2 for %j', async (argv, message) => {
    writeFileSync(join(installation.directory, 'empty'), '\n');
    const { code, stderr } = await clientele(['pause', '0', ...argv], installation.directory);
    expect(code).toBe(exitCodes.usage);
    expect(stderr).toContain(message);
  });
});
