// An outage is never taken for a missing schema, nor a stranger's answer for a registry's.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfluentSource } from '../../../src/adapters/registry/confluent.ts';
import { UnavailableError } from '../../../src/pipeline/ports.ts';
import { notFound, SchemaMissingError } from '../../../src/pipeline/schema-source.ts';
import { json, startStubRegistry, type StubAnswer, type StubRegistry } from './stub-registry.ts';

const schema = '{"type":"record","name":"A","namespace":"n","fields":[{"name":"x","type":"int"}]}';
const html: StubAnswer = { status: 200, body: '<html>login</html>' };

let stub: StubRegistry;
beforeAll(async () => {
  stub = await startStubRegistry();
});
afterAll(() => stub.close());

describe('fetch', () => {
  it('returns the schema of an id', async () => {
    stub.answer = json(200, { schema });
    const text = await new ConfluentSource(stub.url).fetch(1);
    expect(JSON.parse(text)).toMatchObject({ type: 'record', name: 'n.A' });
  });

  it.each([
    ['404 with code 40403', json(404, { error_code: 40403, message: 'Schema not found' })],
    ['422: no id at all', json(422, { error_code: 42202, message: 'invalid id' })],
  ])('takes %s for a missing schema', async (_name, answer) => {
    stub.answer = answer;
    await expect(new ConfluentSource(stub.url).fetch(1)).resolves.toBe(notFound);
  });

  it.each([
    ['a 404 page of a proxy', { status: 404, body: '<html>not here</html>' }, 'URL of a schema registry'],
    ['a 404 of another service', json(404, { message: 'no route' }), 'URL of a schema registry'],
    ['a page with status 200', html, 'URL of a schema registry'],
    ['status 500', json(500, { error_code: 50001, message: 'store' }), 'store'],
    ['status 503 of a balancer', { status: 503, body: 'no backend' }, '503'],
    ['status 401', json(401, { error_code: 40101, message: 'who are you' }), 'who are you'],
    ['status 429', json(429, { error_code: 42901, message: 'slow down' }), 'slow down'],
  ])('takes %s for an outage', async (_name, answer, message) => {
    stub.answer = answer;
    const fetching = new ConfluentSource(stub.url).fetch(1);
    await expect(fetching).rejects.toThrow(UnavailableError);
    await expect(fetching).rejects.toThrow(message);
  });

  it('takes a refused connection for an outage', async () => {
    const gone = await startStubRegistry();
    await gone.close();
    await expect(new ConfluentSource(gone.url).fetch(1)).rejects.toThrow(/ECONNREFUSED/);
  });

  it('ends a request that hangs after two seconds', async () => {
    stub.answer = null;
    const startedAt = performance.now();
    await expect(new ConfluentSource(stub.url).fetch(1)).rejects.toThrow(/Timeout \(2000ms\)/);
    expect(performance.now() - startedAt).toBeLessThan(4_000);
  });

  it('hands on a schema that nobody can compile, instead of an outage', async () => {
    stub.answer = json(200, { schema: '{"type":"nonsense"}' });
    await expect(new ConfluentSource(stub.url).fetch(1)).resolves.toBe('"unreadable"');
  });

  it('resolves schema references', async () => {
    const parent = '{"type":"record","name":"P","namespace":"n","fields":[{"name":"a","type":"n.A"}]}';
    const references = [{ name: 'n.A', subject: 'a', version: 1 }];
    stub.answer = (_method, path) =>
      path.startsWith('/schemas/ids/') ? json(200, { schema: parent, references }) : json(200, { schema });
    expect(await new ConfluentSource(stub.url).fetch(2)).toContain('"x"');
  });

  it('asks once per call: repeating is the guard’s', async () => {
    stub.answer = json(500, { error_code: 50001, message: 'store' });
    const before = stub.requests.length;
    await expect(new ConfluentSource(stub.url).fetch(1)).rejects.toThrow(UnavailableError);
    expect(stub.requests.length - before).toBe(1);
  });

  it('sends the credentials of the URL and keeps them out of messages', async () => {
    stub.answer = json(500, { error_code: 50001, message: 'store' });
    const source = new ConfluentSource(stub.url.replace('http://', 'http://user:s%2Fcret@'));
    await expect(source.fetch(1)).rejects.toThrow(/^(?!.*cret)/);
    const expected = `Basic ${Buffer.from('user:s/cret').toString('base64')}`;
    expect(stub.requests.at(-1)?.authorization).toBe(expected);
  });
});

describe('idOf', () => {
  it('returns the id under which the subject holds the schema', async () => {
    stub.answer = json(200, { id: 7 });
    await expect(new ConfluentSource(stub.url).idOf('s-value', schema)).resolves.toBe(7);
  });

  it('names the subject and the command when it does not hold it', async () => {
    stub.answer = json(404, { error_code: 40401, message: 'Subject not found' });
    const asking = new ConfluentSource(stub.url).idOf('s-value', schema);
    await expect(asking).rejects.toThrow(SchemaMissingError);
    await expect(asking).rejects.toThrow(/s-value.*clientele topics apply/);
  });

  it('takes a 404 that is not a registry’s for an outage', async () => {
    stub.answer = { status: 404, body: 'nothing here' };
    await expect(new ConfluentSource(stub.url).idOf('s-value', schema)).rejects.toThrow(UnavailableError);
  });
});
