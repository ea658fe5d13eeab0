/**
 * A schema registry in memory, for the embedded demo and for tests. It gives ids and answers look-ups; it checks
 * no compatibility and forgets everything with the process.
 */
import { notFound, SchemaMissingError, type SchemaSource } from '../../pipeline/schema-source.ts';

export class MemorySchemaRegistry implements SchemaSource {
  readonly #ids = new Map<string, number>();
  readonly #schemas = new Map<number, string>();
  readonly #subjects = new Map<string, Set<number>>();

  /** Id of `schema` (JSON text), which `subject` holds from now on; ids start at 1. Idempotent. */
  register(subject: string, schema: string): number {
    const id = this.#ids.get(schema) ?? this.#ids.size + 1;
    this.#ids.set(schema, id);
    this.#schemas.set(id, schema);
    const held = this.#subjects.get(subject) ?? new Set();
    this.#subjects.set(subject, held.add(id));
    return id;
  }

  fetch(schemaId: number): Promise<string> {
    return Promise.resolve(this.#schemas.get(schemaId) ?? notFound);
  }

  idOf(subject: string, schema: string): Promise<number> {
    const id = this.#ids.get(schema);
    const isHeld = id !== undefined && this.#subjects.get(subject)?.has(id) === true;
    return isHeld ? Promise.resolve(id) : Promise.reject(new SchemaMissingError(subject));
  }
}
