/** The data API of whole services on the in-memory transport: every answer held against the document it serves. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../src/config.ts';
import { answerFaults, operations, servedDocument } from './support/api-document.ts';
import { authorization, MemoryInstallation, until } from './support/memory-installation.ts';

const installations: MemoryInstallation[] = [];
afterEach(() => {
  for (const installation of installations.splice(0)) installation.close();
});

function install(): MemoryInstallation {
  const installation = new MemoryInstallation();
  installations.push(installation);
  return installation;
}

const ask = (url: string, path: string, method = 'GET'): Promise<Response> =>
  fetch(`${url}${path}`, { method, headers: { authorization } });

describe('the data API', () => {
  it('answers everything the document says as the document says it', async () => {
    const installation = install();
    const day = 86_400_000;
    for (const at of [0, 30, 60, 90]) installation.buy('anna', Date.UTC(2026, 0, 1) + at * day, 5_000);
    installation.buy('bert', Date.UTC(2025, 0, 1), 100);
    const url = await installation.run();
    await until(async () => (await ask(url, '/v1/customers/anna')).status === 200);
    await until(async () => (await ask(url, '/v1/customers/bert')).status === 200);
    const asked: string[] = [];
    const faults: string[] = [];
    const check = async (method: 'get' | 'post', template: string, path: string, status = 200): Promise<void> => {
      const answer = await ask(url, path, method.toUpperCase());
      expect([path, answer.status]).toEqual([path, status]);
      asked.push(`${method} ${template}`);
      faults.push(...(await answerFaults(template, method, answer)));
    };
    for (const customer of ['anna', 'bert']) {
      await check('get', '/v1/customers/{customerId}', `/v1/customers/${customer}`);
      await check('get', '/v1/customers/{customerId}/explain', `/v1/customers/${customer}/explain`);
      await check('get', '/v1/customers/{customerId}/timeline', `/v1/customers/${customer}/timeline`);
    }
    await check('get', '/v1/customers/{customerId}', '/v1/customers/nobody', 404);
    for (const path of ['/v1/tiers', '/v1/model', '/v1/forecasts', '/v1/tasks', '/openapi.json'])
      await check('get', path, path);
    await check('post', '/v1/tasks/{partition}/pause', '/v1/tasks/1/pause');
    await check('post', '/v1/tasks/{partition}/resume', '/v1/tasks/1/resume');
    await check('post', '/v1/tasks/{partition}/resume', '/v1/tasks/9/resume', 404);
    expect(faults).toEqual([]);
    expect([...new Set(asked)].sort()).toEqual([...operations].sort());
    expect(await (await ask(url, '/openapi.json')).json()).toEqual(JSON.parse(JSON.stringify(servedDocument)));
  });

  it('sees an answer that is not what the document says', async () => {
    const answer = (body: object) => Response.json(body, { headers: { 'content-type': 'application/json' } });
    const good = { partition: 1, paused: true };
    const faultsOf = (body: object) => answerFaults('/v1/tasks/{partition}/pause', 'post', answer(body));
    expect(await faultsOf(good)).toEqual([]);
    for (const bad of [{ partition: 1 }, { ...good, more: 1 }, { ...good, paused: 'yes' }]) {
      expect(await faultsOf(bad)).toHaveLength(1);
    }
  });

  it('answers the same from either of two instances, and pauses a task wherever it is', async () => {
    const installation = install();
    const customers = Array.from({ length: 8 }, (_, at) => `c${at}`);
    for (const customer of customers) installation.buy(customer, Date.UTC(2026, 0, 1), 5_000);
    const [first, second] = [await installation.run(), await installation.run()];
    const known = async (url: string, id: string) => (await ask(url, `/v1/customers/${id}`)).status === 200;
    for (const id of customers) await until(async () => (await known(first, id)) && (await known(second, id)));
    for (const id of customers) {
      const answers = await Promise.all(
        [first, second].map(async (url) => (await ask(url, `/v1/customers/${id}/timeline`)).json()),
      );
      expect(answers[0]).toMatchObject({ customerId: id });
      expect(answers[1]).toEqual(answers[0]);
    }
    for (const partition of [0, 1]) {
      expect(await (await ask(first, `/v1/tasks/${partition}/pause`, 'POST')).json()).toEqual({
        partition,
        paused: true,
      });
    }
    const phases = await Promise.all(
      [first, second].map(async (url) => (await (await ask(url, '/v1/tasks')).text()).match(/"phase":"\w+"/g)),
    );
    expect(phases).toEqual([['"phase":"paused"'], ['"phase":"paused"']]);
  });
});

describe('startApi', () => {
  const faulty = (name: string, content: string) => {
    const installation = install();
    const path = join(installation.directory, 'faulty');
    writeFileSync(path, content);
    return installation.run({ [name]: path });
  };

  it.each([
    ['CLIENTELE_API_TOKEN_FILE', 'too-short\n'],
    ['CLIENTELE_API_TOKEN_FILE', 'long enough but with spaces\n'],
    ['CLIENTELE_API_TOKEN_FILE', '\n'],
    ['CLIENTELE_AUDIT_KEY_FILE', 'short'],
  ])('refuses %s with %j', async (name, content) => {
    await expect(faulty(name, content)).rejects.toThrow(ConfigError);
  });

  it('refuses a secret file that is not there and a certificate that is none', async () => {
    const installation = install();
    const absent = join(installation.directory, 'absent');
    await expect(installation.run({ CLIENTELE_API_TOKEN_FILE: absent })).rejects.toThrow(/cannot be read: ENOENT/);
    const { tokenFile } = installation;
    const tls = { CLIENTELE_API_TLS_CERT_FILE: tokenFile, CLIENTELE_API_TLS_KEY_FILE: tokenFile };
    await expect(installation.run(tls)).rejects.toThrow(/CLIENTELE_API_TLS_CERT_FILE/);
  });
});
