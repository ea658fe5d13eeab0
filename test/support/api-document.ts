/** Holds answers of the data API against its OpenAPI document: no field that is not there, none missing, none of another type. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { z } from 'zod';
import { schemaText } from '../../src/adapters/avro/types.ts';
import { openApiDocument } from '../../src/adapters/http/openapi.ts';

const content = z.record(z.string(), z.object({ schema: z.unknown() }));
const response = z.object({ $ref: z.string().optional(), content: content.optional() });
const operation = z.object({ responses: z.record(z.string(), response) });
const shape = z.object({
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.object({ schemas: z.record(z.string(), z.unknown()), responses: z.record(z.string(), response) }),
});

/** The document as the service serves it. */
export const servedDocument = openApiDocument({
  version: '1.2.3',
  avro: {
    profile: schemaText('profile'),
    tierChanged: schemaText('tierChanged'),
    lifecycleChanged: schemaText('lifecycleChanged'),
    churnAlert: schemaText('churnAlert'),
  },
});
const document = shape.parse(servedDocument);

/** The document is open to further fields, for consumers; what is served today has none. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]): [string, unknown] => [key, closed(value)]);
  const isClosed = 'properties' in schema ? { additionalProperties: false } : {};
  return { ...Object.fromEntries(entries), ...isClosed };
}

const ajv = new Ajv2020({ allErrors: true, strict: false });
ajv.addSchema({ $id: 'api', components: { schemas: closed(document.components.schemas) } });

/** What is wrong with `answer` as an answer of `template` with `status`; empty = nothing. */
export async function answerFaults(template: string, method: 'get' | 'post', answer: Response): Promise<string[]> {
  const declared = document.paths[template]?.[method]?.responses[String(answer.status)];
  if (declared === undefined) return [`${template} does not declare ${answer.status}`];
  const named = declared.$ref?.split('/').at(-1);
  const { content: types } = named === undefined ? declared : (document.components.responses[named] ?? {});
  const type = answer.headers.get('content-type') ?? '';
  const found = types?.[type];
  if (found === undefined) return [`${template} does not declare ${type} for ${answer.status}`];
  const schema = JSON.parse(JSON.stringify(closed(found.schema)).replaceAll('"#/', '"api#/')) as object;
  const validate = ajv.compile(schema);
  if (validate(await answer.json())) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message ?? ''} ${JSON.stringify(params)}`,
  );
}

/** Every path and method of the document. */
export const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => `${method} ${path}`),
);
