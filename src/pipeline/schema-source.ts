/**
 * The door to the schema registry, as small as the codec needs it. Implemented on a real registry
 * (adapters/registry) and in memory (adapters/memory); registering schemas is the topics command's business.
 */

export interface SchemaSource {
  /**
   * The Avro schema of `schemaId` as JSON text, or `not_found` on a definite answer that there is none.
   * Rejects: UnavailableError when the registry cannot be asked or its answer says nothing about the id.
   */
  fetch(schemaId: number): Promise<string>;
  /**
   * Id under which `schema` (JSON text) is registered in `subject`.
   * Rejects: SchemaMissingError when it is not; UnavailableError as `fetch`.
   */
  idOf(subject: string, schema: string): Promise<number>;
}

/** Tells `tell` of each look-up whether the registry answered; a definite "there is none" is an answer. */
export function observed(source: SchemaSource, tell: (answered: boolean) => void): SchemaSource {
  const told = async <T>(lookUp: Promise<T>): Promise<T> => {
    try {
      const answer = await lookUp;
      tell(true);
      return answer;
    } catch (error) {
      tell(error instanceof SchemaMissingError);
      throw error;
    }
  };
  return {
    fetch: (schemaId) => told(source.fetch(schemaId)),
    idOf: (subject, schema) => told(source.idOf(subject, schema)),
  };
}

/** What `fetch` answers for an id that does not exist; no Avro schema has this text. */
export const notFound = 'not_found';

/** A schema this build writes with is not registered; `topics apply` registers it. */
export class SchemaMissingError extends Error {
  override readonly name = 'SchemaMissingError';
  readonly subject: string;

  constructor(subject: string) {
    super(`subject ${subject} does not hold the schema this version writes: run \`clientele topics apply\``);
    this.subject = subject;
  }
}
