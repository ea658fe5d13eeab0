/**
 * What the topics command does in a registry: look at a subject, set its level, register a schema. Plain REST, for
 * the client library can neither set a level nor tell a refusal's reason.
 */
import { DataRefusedError } from '../../pipeline/ports.ts';
import {
  registryAddress,
  request,
  unavailable,
  type Answer,
  type RegistryAccess,
  type RegistryAddress,
} from './rest.ts';

/** A subject as the registry holds it. */
export interface SubjectState {
  /** Level in force; null = none of its own. */
  readonly level: string | null;
  /** True when it holds exactly the schema that was asked about. */
  readonly hasSchema: boolean;
  /** Every schema it holds, JSON text. */
  readonly schemas: readonly string[];
}

export class RegistryAdmin {
  readonly #address: RegistryAddress;

  /** A registry at `url`; credentials of `access`, or in the URL, are sent as basic authentication. */
  constructor(url: string, access: RegistryAccess | null = null) {
    this.#address = registryAddress(url, access);
  }

  /** What the registry holds of `subject`. Rejects: UnavailableError. */
  async subject(subject: string, schema: string): Promise<SubjectState> {
    const path = `/subjects/${encodeURIComponent(subject)}`;
    const config = await request(this.#address, 'GET', `/config/${encodeURIComponent(subject)}`);
    const level = config.status === 404 ? null : this.#text(config, 'compatibilityLevel');
    const listed = await request(this.#address, 'GET', `${path}/versions`);
    if (listed.status === 404) return { level, hasSchema: false, schemas: [] };
    const versions = this.#versions(listed);
    const schemas: string[] = [];
    for (const version of versions) {
      schemas.push(this.#text(await request(this.#address, 'GET', `${path}/versions/${version}`), 'schema'));
    }
    const held = await request(this.#address, 'POST', path, { schema });
    return { level, hasSchema: held.status === 200, schemas };
  }

  /** Sets the level of a subject, which need not exist. Rejects: UnavailableError. */
  async setLevel(subject: string, level: string): Promise<void> {
    const path = `/config/${encodeURIComponent(subject)}`;
    this.#succeed(await request(this.#address, 'PUT', path, { compatibility: level }));
  }

  /** Registers a schema. Idempotent. Rejects: DataRefusedError when the registry finds it incompatible; UnavailableError. */
  async register(subject: string, schema: string): Promise<void> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions`;
    const answer = await request(this.#address, 'POST', path, { schema });
    if (answer.status === 409 || answer.status === 422) {
      throw new DataRefusedError(`the registry refuses the schema of ${subject}: ${messageOf(answer)}`);
    }
    this.#succeed(answer);
  }

  #succeed(answer: Answer): void {
    if (answer.status >= 300) throw unavailable(this.#address, `status ${answer.status}: ${messageOf(answer)}`);
  }

  #text(answer: Answer, field: string): string {
    this.#succeed(answer);
    const value = answer.body?.[field];
    if (typeof value !== 'string') throw unavailable(this.#address, `an answer without "${field}"`);
    return value;
  }

  #versions(answer: Answer): readonly number[] {
    this.#succeed(answer);
    if (answer.list === null) throw unavailable(this.#address, 'an answer that is no list of versions');
    return answer.list.filter((version) => typeof version === 'number');
  }
}

function messageOf(answer: Answer): string {
  const message = answer.body?.['message'];
  return typeof message === 'string' ? message : 'no reason given';
}
