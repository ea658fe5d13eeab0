/**
 * The OpenAPI 3.1 document of the data API. Profiles and transitions come from the Avro contracts, the rest is written
 * down here; the tests hold real answers against it, no field more, no field less.
 */
import { addRecord, type JsonSchema } from './json-schema.ts';

/** What the timeline lists. */
const transitionTopics = ['tierChanged', 'lifecycleChanged', 'churnAlert'] as const;

export interface DocumentOptions {
  readonly version: string;
  /** Avro schemas as JSON text. */
  readonly avro: Readonly<Record<'profile' | (typeof transitionTopics)[number], string>>;
}

/** Returns the document as plain values. */
export function openApiDocument({ version, avro }: DocumentOptions): object {
  const schemas: Record<string, JsonSchema> = { ...written };
  const profile = addRecord(avro.profile, schemas);
  schemas['Timeline'] = timeline((topic) => addRecord(avro[topic], schemas));
  schemas['Explanation'] = explanation(profile);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Clientele data API',
      version,
      description:
        'Customers as a running service knows them: committed states only, judged at task time. Instants are epoch ' +
        'milliseconds, amounts are minor units of the currency, points are hundredths. A request for a customer of ' +
        'another instance is answered by that instance. Fields may be added: ignore those you do not know.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, {}],
    paths: paths(profile),
    components: {
      schemas,
      responses,
      parameters,
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: 'A line of the token file.' } },
    },
  };
}

function paths(profile: JsonSchema): object {
  return {
    '/v1/customers/{customerId}': of(
      customer('profile', 'The customer: every metric, standing and what comes next.', profile),
    ),
    '/v1/customers/{customerId}/explain': of(
      customer(
        'explain',
        'Why: each factor of the score, the lines of the tiers and the way to them.',
        ref('Explanation'),
      ),
    ),
    '/v1/customers/{customerId}/timeline': of(
      customer('timeline', 'Transitions published lately by the instance that has the customer.', ref('Timeline')),
    ),
    '/v1/tiers': of(get('tiers', 'The tiers and their lines, highest first.', ref('Tiers'))),
    '/v1/model': of(get('model', 'The model that scores, whole.', ref('ModelInForce'))),
    '/v1/forecasts': of(get('forecasts', 'A sample of the customers of this instance.', ref('Forecasts'))),
    '/v1/tasks': of(get('tasks', 'The tasks of this instance, and where the others are.', ref('Tasks'))),
    '/v1/tasks/{partition}/pause': task('pauseTask', 'The task takes nothing more until it is resumed or moves.'),
    '/v1/tasks/{partition}/resume': task('resumeTask', 'The task goes on.'),
    '/openapi.json': of(get('document', 'This document.', { type: 'object' })),
  };
}

const ref = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });
const response = (name: string): JsonSchema => ({ $ref: `#/components/responses/${name}` });
const parameter = (name: string): JsonSchema => ({ $ref: `#/components/parameters/${name}` });

/** What any request may be answered with. */
const always = {
  '401': response('Unauthorized'),
  '403': response('Forbidden'),
  '413': response('TooLarge'),
  '429': response('TooMany'),
  '503': response('NotNow'),
};

const of = (operation: object): object => ({ get: operation });

function get(operationId: string, summary: string, schema: JsonSchema): object {
  return { operationId, summary, responses: { '200': found(schema), ...always } };
}

function customer(operationId: string, summary: string, schema: JsonSchema): object {
  return {
    operationId,
    summary,
    parameters: [parameter('customerId')],
    responses: { '200': found(schema), '404': response('NotFound'), ...always },
  };
}

function task(operationId: string, summary: string): object {
  const responses = { '200': found(ref('TaskPause')), '404': response('NotFound'), ...always };
  return { post: { operationId, summary, parameters: [parameter('partition')], responses } };
}

function found(schema: JsonSchema): JsonSchema {
  return { description: 'Found.', content: { 'application/json': { schema } } };
}

function problemResponse(description: string, headers: object = {}): JsonSchema {
  return { description, headers, content: { 'application/problem+json': { schema: ref('Problem') } } };
}

const retryAfter = { 'Retry-After': { description: 'Seconds.', schema: { type: 'integer' } } };
const responses = {
  Unauthorized: problemResponse('No bearer token, or another one.', {
    'WWW-Authenticate': { schema: { type: 'string' } },
  }),
  Forbidden: problemResponse('Nothing is configured that would prove who asks, and the request is not local.'),
  NotFound: problemResponse('Never seen, erased, or no such thing.'),
  TooLarge: problemResponse('No request body is accepted.'),
  TooMany: problemResponse('Above the rate limit.', retryAfter),
  NotNow: problemResponse('Who has the task is not certain, or it is being taken over: ask again.', retryAfter),
};

const parameters = {
  customerId: { name: 'customerId', in: 'path', required: true, schema: { type: 'string', minLength: 1 } },
  partition: {
    name: 'partition',
    in: 'path',
    required: true,
    schema: { type: 'integer', minimum: 0, maximum: 99_999 },
  },
};

/** An object whose fields are all there; `fields` by name. */
function object(fields: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return { type: 'object', properties: fields, required: Object.keys(fields) };
}

const text: JsonSchema = { type: 'string' };
const whole: JsonSchema = { type: 'integer' };
const real: JsonSchema = { type: 'number' };
const flag: JsonSchema = { type: 'boolean' };
const list = (items: JsonSchema): JsonSchema => ({ type: 'array', items });
const counts: JsonSchema = { type: 'object', additionalProperties: whole };
const orNull = (schema: JsonSchema): JsonSchema => ({ anyOf: [schema, { type: 'null' }] });
const tenths: JsonSchema = { type: 'array', items: whole, minItems: 10, maxItems: 10 };

const written: Readonly<Record<string, JsonSchema>> = {
  Problem: object({ type: text, title: text, status: whole, detail: text }),
  Tiers: object({
    modelRevision: whole,
    tiers: list(
      object({
        id: text,
        rank: whole,
        name: text,
        enter: orNull(whole),
        leave: orNull(whole),
        profitFloorMinor: orNull(whole),
      }),
    ),
  }),
  ModelInForce: object({ revision: whole, hash: text, engineVersion: text, model: { type: 'object' } }),
  Forecasts: object({
    asOf: whole,
    partitions: list(whole),
    customers: whole,
    sampled: whole,
    tiers: counts,
    stages: counts,
    horizonDays: real,
    pAlive: tenths,
    pBuy: tenths,
    expectedPurchases: real,
    expectedRevenueMinor: whole,
    currency: text,
  }),
  Tasks: object({
    generation: orNull(whole),
    confirmed: flag,
    tasks: list(
      object({
        ...{ partition: whole, phase: text, customers: whole, lag: orNull(counts), skewMs: orNull(real) },
        restoring: orNull(object({ remaining: whole, perSecond: orNull(whole), leftMs: orNull(whole) })),
      }),
    ),
    addresses: list(orNull(text)),
  }),
  TaskPause: object({ partition: whole, paused: flag }),
};

function timeline(schemaOf: (topic: (typeof transitionTopics)[number]) => JsonSchema): JsonSchema {
  const entries = transitionTopics.map((topic) => object({ topic: { const: topic }, value: schemaOf(topic) }));
  return object({
    customerId: text,
    sequences: {
      ...ref('Sequences'),
      description: 'Numbers of the newest transitions; those before the ones listed are on the topics.',
    },
    transitions: {
      ...list({ oneOf: entries }),
      description: 'Newest first; what this instance published since it has the customer, and still remembers.',
    },
  });
}

function explanation(profile: JsonSchema): JsonSchema {
  const metric = { name: text, unit: text, value: orNull(real) };
  const points = { weight: whole, points: whole, pointsMax: whole, prior: real, assumed: flag };
  const perFactor = list(object({ name: text, value: orNull(real) }));
  const outcome = { amountMinor: orNull(whole), currency: orNull(text), total: whole, tierId: orNull(text) };
  const actions = list(object({ action: text, ...outcome }));
  const distance = orNull(object({ tier: ref('Tier'), pointsMissing: whole, perFactor, actions }));
  return object({
    customerId: text,
    asOf: whole,
    modelRevision: whole,
    currency: text,
    tier: orNull(ref('Tier')),
    tierEnteredAt: orNull(whole),
    total: orNull(whole),
    factors: list(object({ ...metric, ...points })),
    thresholds: list(object({ tierId: text, enter: orNull(whole), leave: orNull(whole) })),
    toRemain: distance,
    toNext: distance,
    metrics: list(object(metric)),
    profile,
  });
}
