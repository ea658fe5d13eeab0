// Subjects are seen alike in every registry, and a refusal keeps its reason.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RegistryAdmin } from '../../../src/adapters/registry/admin.ts';
import { DataRefusedError, UnavailableError } from '../../../src/pipeline/ports.ts';
import { json, startStubRegistry, type StubAnswer, type StubRegistry } from './stub-registry.ts';

let stub: StubRegistry;
let admin: RegistryAdmin;
beforeAll(async () => {
  stub = await startStubRegistry();
  admin = new RegistryAdmin(stub.url);
});
afterAll(() => stub.close());

const missing = (code: number): StubAnswer => json(404, { error_code: code, message: 'not found' });

/** Answers by method and path; anything else is a 500. */
function route(answers: Readonly<Record<string, StubAnswer>>): void {
  stub.answer = (method, path) => answers[`${method} ${path}`] ?? json(500, { error_code: 50001, message: path });
}

describe('subject', () => {
  it('finds nothing of a subject that does not exist', async () => {
    route({ 'GET /config/s-value': missing(40408), 'GET /subjects/s-value/versions': missing(40401) });
    await expect(admin.subject('s-value', '"int"')).resolves.toEqual({ level: null, hasSchema: false, schemas: [] });
  });

  it('finds level, schemas, and whether the schema is among them', async () => {
    const answers = {
      'GET /config/s-value': json(200, { compatibilityLevel: 'BACKWARD', compatibility: 'BACKWARD' }),
      'GET /subjects/s-value/versions': json(200, [1, 3]),
      'GET /subjects/s-value/versions/1': json(200, { schema: '"int"' }),
      'GET /subjects/s-value/versions/3': json(200, { schema: '"long"' }),
    };
    route({ ...answers, 'POST /subjects/s-value': json(200, { id: 5 }) });
    const held = { level: 'BACKWARD', hasSchema: true, schemas: ['"int"', '"long"'] };
    await expect(admin.subject('s-value', '"int"')).resolves.toEqual(held);
    route({ ...answers, 'POST /subjects/s-value': missing(40403) });
    await expect(admin.subject('s-value', '"int"')).resolves.toEqual({ ...held, hasSchema: false });
  });

  it('takes an outage and a stranger for what they are', async () => {
    stub.answer = json(503, { error_code: 50301, message: 'later' });
    await expect(admin.subject('s', '"int"')).rejects.toThrow(UnavailableError);
    stub.answer = { status: 404, body: 'no such page' };
    await expect(admin.subject('s', '"int"')).rejects.toThrow('is this the URL of a schema registry?');
    stub.answer = json(200, { hello: 'world' });
    await expect(admin.subject('s', '"int"')).rejects.toThrow('an answer without "compatibilityLevel"');
  });

  it('gives up on a registry that hangs', async () => {
    stub.answer = null;
    await expect(admin.subject('s', '"int"')).rejects.toThrow('no answer within 2000 ms');
  });
});

describe('register', () => {
  it('keeps the reason of a refusal', async () => {
    stub.answer = json(409, { error_code: 409, message: 'READER_FIELD_MISSING_DEFAULT_VALUE: b' });
    const registering = admin.register('s-value', '"int"');
    await expect(registering).rejects.toThrow(DataRefusedError);
    await expect(registering).rejects.toThrow(/s-value: READER_FIELD_MISSING_DEFAULT_VALUE: b/);
  });
});

describe('setLevel', () => {
  it('puts the level and does not take an error for success', async () => {
    stub.answer = json(200, { compatibility: 'FULL_TRANSITIVE' });
    await admin.setLevel('a/b-value', 'FULL_TRANSITIVE');
    expect(stub.requests.at(-1)).toMatchObject({ method: 'PUT', path: '/config/a%2Fb-value' });
    stub.answer = json(422, { error_code: 42203, message: 'Invalid compatibility level' });
    await expect(admin.setLevel('s', 'X')).rejects.toThrow('Invalid compatibility level');
  });
});
