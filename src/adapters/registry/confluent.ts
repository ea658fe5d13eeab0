/**
 * Schema look-ups in a registry with the Confluent REST API (Confluent, Karapace, Redpanda, Apicurio's ccompat) by
 * way of @kafkajs/confluent-schema-registry, which also resolves schema references. Its traps are answered here:
 * no time-out, a refused connection that looks like status 400, any 404 taken for "no such schema".
 * Retries and the breaker are GuardedSource's; registering is admin.ts's.
 */
import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import { UnavailableError } from '../../pipeline/ports.ts';
import { notFound, SchemaMissingError, type SchemaSource } from '../../pipeline/schema-source.ts';
import {
  isJson,
  registryAddress,
  request,
  requestTimeoutMs,
  unavailable,
  type RegistryAccess,
  type RegistryAddress,
} from './rest.ts';

type ClientOptions = ConstructorParameters<typeof SchemaRegistry>[0];
type Middleware = NonNullable<ClientOptions['middlewares']>[number];

/** What `fetch` answers for a schema the library cannot parse; nothing compiles it, so it ends as incompatible. */
const unreadable = '"unreadable"';

function statusOf(error: unknown): number | null {
  return error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : null;
}

/** Look-ups in the registry at `url`; credentials of `access`, or in the URL, are sent as basic authentication. */
export class ConfluentSource implements SchemaSource {
  readonly #address: RegistryAddress;
  readonly #registry: SchemaRegistry;

  constructor(url: string, access: RegistryAccess | null = null) {
    this.#address = registryAddress(url, access);
    const { credentials, agent } = this.#address;
    const options: ClientOptions = {
      host: this.#address.url,
      clientId: 'clientele',
      retry: { retries: 0 },
      middlewares: [this.#strict],
    };
    if (credentials !== null) options.auth = { ...credentials };
    if (agent !== null) options.agent = agent;
    this.#registry = new SchemaRegistry(options);
  }

  async fetch(schemaId: number): Promise<string> {
    try {
      return JSON.stringify(await this.#registry.getSchema(schemaId));
    } catch (error) {
      if (error instanceof UnavailableError) throw error;
      const status = statusOf(error);
      if (status === null) return unreadable;
      // 422: the registry says that no schema can have this id.
      if (status !== 404 && status !== 422) throw this.#unavailable(error);
    }
    // The library has dropped what the registry said besides the status; ask again and look.
    const { status } = await request(this.#address, 'GET', `/schemas/ids/${schemaId}`);
    if (status === 404 || status === 422) return notFound;
    throw unavailable(this.#address, `status ${status} for a schema that was missing a moment ago`);
  }

  async idOf(subject: string, schema: string): Promise<number> {
    try {
      return await this.#registry.getRegistryIdBySchema(subject, { type: SchemaType.AVRO, schema });
    } catch (error) {
      if (error instanceof UnavailableError) throw error;
      if (!(error instanceof Error) || error.name !== 'ConfluentSchemaRegistryError') throw this.#unavailable(error);
    }
    // A 404, which may be a proxy's: this look-up rejects unless a registry says it.
    await request(this.#address, 'GET', `/subjects/${encodeURIComponent(subject)}/versions/latest`);
    throw new SchemaMissingError(subject);
  }

  /** Ends a request's socket after the time-out, and refuses a success that is not a registry's. */
  readonly #strict: Middleware = () => ({
    prepareRequest: async (next) => (await next()).enhance({ timeout: requestTimeoutMs }),
    response: async (next) => {
      const response = await next();
      const body: unknown = response.data();
      if (isJson(body)) return response;
      throw unavailable(
        this.#address,
        `status ${response.status()} without JSON: is this the URL of a schema registry?`,
      );
    },
  });

  #unavailable(error: unknown): UnavailableError {
    return unavailable(this.#address, error instanceof Error ? error.message : String(error));
  }
}
