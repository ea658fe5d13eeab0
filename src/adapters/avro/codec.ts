/**
 * The codec port on avsc: Confluent framing (0x00, schema id as int32, Avro), a scan of the bytes before they are
 * decoded, schema resolution to the compiled-in types. It never registers a schema and never judges the meaning
 * of a value; what cannot be read is an answer, not an error.
 */
import type { Type } from 'avsc';
import type {
  ChurnAlert,
  CustomerState,
  LifecycleChanged,
  Profile,
  TaskOffsets,
  TierChanged,
} from '../../domain/contracts.ts';
import type { InputEvent } from '../../domain/event.ts';
import type { ReasonCode } from '../../domain/outcome.ts';
import type { ChangelogEntry, Clock, Codec, Decoded, InputName, TaskMemory } from '../../pipeline/ports.ts';
import type { SchemaSource } from '../../pipeline/schema-source.ts';
import { headerBytes, schemaIdOf, writeHeader } from './framing.ts';
import { nextDueOfPacked, packState, unpackState } from './packed-state.ts';
import { compileScan, type Scan } from './scanner.ts';
import { compile, contractType, schemaText } from './types.ts';
import { WriterSchemas } from './writers.ts';

/** Bytes of a value beyond which it is not looked at. Brokers refuse more than 1 MiB by default (message.max.bytes). */
export const valueBytesMax = 1_048_576;

type Resolver = ReturnType<Type['createResolver']>;

/** How values of one writer schema are read as one of our types. */
interface Reader {
  readonly type: Type;
  readonly resolver: Resolver;
  readonly scan: Scan;
}

/** Subjects of the records this process writes. */
export interface CodecSubjects {
  readonly changelog: string;
  readonly tierChanged: string;
  readonly lifecycleChanged: string;
  readonly churnAlert: string;
  readonly profile: string;
}

export interface CodecDeps {
  readonly source: SchemaSource;
  readonly clock: Clock;
  readonly subjects: CodecSubjects;
}

/** Makes readers of writer schemas for one of our types. */
function readersOf(type: Type, deps: CodecDeps): WriterSchemas<Reader> {
  return new WriterSchemas(deps.source, deps.clock, (schema) => {
    const writer = compile(schema);
    return { type, resolver: type.createResolver(writer, { ignoreNamespaces: true }), scan: compileScan(writer) };
  });
}

/** Encoded values lie side by side in slabs of this size: one allocation outside the heap for hundreds of records. */
const slabBytes = 256 * 1024;
/** A value is begun only where there is so much room; only larger ones are encoded twice. */
const roomBytes = 16 * 1024;

/** Encodes one type behind its header, straight into a slab that all share. */
class Encoder {
  static #slab = Buffer.allocUnsafeSlow(slabBytes);
  static #used = 0;
  readonly #type: Type;
  readonly #schemaId: number;

  constructor(type: Type, schemaId: number) {
    this.#type = type;
    this.#schemaId = schemaId;
  }

  /**
   * Bytes that nothing else is written over; keeping them keeps their slab.
   * Throws: when the value does not fit the type, which is our bug.
   */
  encode(value: unknown): Buffer {
    if (Encoder.#slab.length - Encoder.#used < roomBytes) Encoder.#open(slabBytes);
    let end = this.#type.encode(value, Encoder.#slab, Encoder.#used + headerBytes);
    if (end < 0) {
      // Told is how much was missing.
      Encoder.#open(Math.max(slabBytes, Encoder.#slab.length - Encoder.#used - end));
      end = this.#type.encode(value, Encoder.#slab, headerBytes);
    }
    const from = Encoder.#used;
    Encoder.#used = end;
    writeHeader(Encoder.#slab, this.#schemaId, from);
    return Encoder.#slab.subarray(from, end);
  }

  static #open(bytes: number): void {
    Encoder.#slab = Buffer.allocUnsafeSlow(bytes);
    Encoder.#used = 0;
  }
}

function rejected(reason: ReasonCode, schemaId: number | null): Decoded {
  return { kind: 'rejected', reason, schemaId };
}

const customerBranch = 'clientele.CustomerState';
const offsetsBranch = 'clientele.TaskOffsets';

const memoryBranches = {
  model: 'clientele.TaskModel',
  rescore: 'clientele.RescoreCursor',
  budget: 'clientele.AlertBudget',
  scoreboard: 'clientele.Scoreboard',
} as const satisfies Record<keyof TaskMemory, string>;

/** A changelog entry by the branch it is. */
interface Entry {
  readonly [customerBranch]?: { readonly packed: Buffer };
  readonly [offsetsBranch]?: TaskOffsets;
}

class AvroCodec implements Codec {
  readonly #inputs: Readonly<Record<InputName, WriterSchemas<Reader>>>;
  readonly #changelog: WriterSchemas<Reader>;
  readonly #encoders: Readonly<Record<keyof CodecSubjects, Encoder>>;
  /** Every customer's value up to the length of what is packed. */
  readonly #customerFront: Buffer;

  constructor(deps: CodecDeps, ids: Readonly<Record<keyof CodecSubjects, number>>) {
    this.#inputs = {
      purchases: readersOf(contractType('purchases'), deps),
      interactions: readersOf(contractType('interactions'), deps),
      surveys: readersOf(contractType('surveys'), deps),
    };
    this.#changelog = readersOf(contractType('changelog'), deps);
    this.#changelog.add(ids.changelog, schemaText('changelog'));
    this.#encoders = {
      changelog: new Encoder(contractType('changelog'), ids.changelog),
      tierChanged: new Encoder(contractType('tierChanged'), ids.tierChanged),
      lifecycleChanged: new Encoder(contractType('lifecycleChanged'), ids.lifecycleChanged),
      churnAlert: new Encoder(contractType('churnAlert'), ids.churnAlert),
      profile: new Encoder(contractType('profile'), ids.profile),
    };
    const empty = this.#encoders.changelog.encode({ entry: { [customerBranch]: { packed: Buffer.alloc(0) } } });
    this.#customerFront = Buffer.from(empty.subarray(0, -1));
  }

  decode(input: InputName, value: Buffer): Decoded {
    const schemaId = schemaIdOf(value);
    if (schemaId === null) return rejected('bad_magic', null);
    const writer = this.#inputs[input].find(schemaId);
    if (writer === undefined) return { kind: 'unknown_schema', schemaId };
    if (writer.kind === 'missing') return rejected('schema_unknown', schemaId);
    if (writer.kind === 'incompatible') return rejected('schema_incompatible', schemaId);
    if (value.length > valueBytesMax) return rejected('oversized', schemaId);
    const { type, resolver, scan } = writer.reader;
    const fault = scan(value, headerBytes);
    if (fault !== null) return rejected(fault, schemaId);
    try {
      const event: unknown = type.decode(value, headerBytes, resolver).value;
      return { kind: 'event', decoded: { input, event } as InputEvent };
    } catch {
      return rejected('undecodable', schemaId);
    }
  }

  learn(input: InputName, schemaId: number): Promise<void> {
    return this.#inputs[input].learn(schemaId);
  }

  encodeTierChanged(value: TierChanged): Buffer {
    return this.#encoders.tierChanged.encode(value);
  }

  encodeLifecycleChanged(value: LifecycleChanged): Buffer {
    return this.#encoders.lifecycleChanged.encode(value);
  }

  encodeChurnAlert(value: ChurnAlert): Buffer {
    return this.#encoders.churnAlert.encode(value);
  }

  encodeProfile(value: Profile): Buffer {
    return this.#encoders.profile.encode(value);
  }

  encodeCustomer(state: CustomerState): Buffer {
    return this.#encoders.changelog.encode({ entry: { [customerBranch]: { packed: packState(state) } } });
  }

  encodeOffsets(offsets: TaskOffsets): Buffer {
    return this.#encoders.changelog.encode({ entry: { [offsetsBranch]: offsets } });
  }

  encodeMemory(part: keyof TaskMemory, memory: TaskMemory): Buffer {
    return this.#encoders.changelog.encode({ entry: { [memoryBranches[part]]: memory[part] } });
  }

  decodeChangelog(value: Buffer): ChangelogEntry {
    const packed = this.#packedOf(value);
    if (packed !== null) return { kind: 'customer', state: unpackState(packed) };
    const schemaId = schemaIdOf(value);
    const writer = schemaId === null ? undefined : this.#changelog.find(schemaId);
    if (writer?.kind !== 'reader') {
      throw new Error(
        `a changelog entry cannot be read: ${schemaId === null ? 'no schema id' : `schema id ${schemaId} is ${writer?.kind ?? 'not learned'}`}; ` +
          'it was written by another product or by a newer version of Clientele',
      );
    }
    // Our own bytes, checked by the broker's CRC: no scan.
    const record: unknown = writer.reader.type.fromBuffer(value.subarray(headerBytes), writer.reader.resolver);
    const { entry } = record as { readonly entry: Entry };
    const customer = entry[customerBranch];
    if (customer !== undefined) return { kind: 'customer', state: unpackState(customer.packed) };
    const offsets = entry[offsetsBranch];
    if (offsets !== undefined) return { kind: 'offsets', offsets };
    for (const [part, branch] of Object.entries(memoryBranches)) {
      const held = (entry as Readonly<Record<string, unknown>>)[branch];
      if (held !== undefined) return { kind: 'memory', memory: { [part]: held } };
    }
    return { kind: 'other' };
  }

  nextDueOf(value: Buffer): number | null {
    const packed = this.#packedOf(value);
    if (packed !== null) return nextDueOfPacked(packed);
    const entry = this.decodeChangelog(value);
    return entry.kind === 'customer' ? entry.state.nextDue : null;
  }

  learnChangelog(schemaId: number): Promise<void> {
    return this.#changelog.learn(schemaId);
  }

  /** The packed state of a customer as this version writes one, read without Avro's help; null for anything else. */
  #packedOf(value: Buffer): Buffer | null {
    const front = this.#customerFront;
    for (let at = 0; at < front.length; at += 1) if (value[at] !== front[at]) return null;
    let at = front.length;
    let length = 0;
    for (let weight = 1, byte = 128; byte > 127; weight *= 128) {
      byte = value[at++] ?? 0;
      length += (byte & 127) * weight;
    }
    // Avro's lengths are zig-zag: twice the number.
    return at + length / 2 === value.length ? value.subarray(at) : null;
  }
}

/**
 * Opens the codec: looks up the ids of the schemas this version writes with.
 * Rejects: SchemaMissingError naming the subject; UnavailableError when the registry cannot be asked.
 */
export async function openCodec(deps: CodecDeps): Promise<Codec> {
  const { source, subjects } = deps;
  const [changelog, tierChanged, lifecycleChanged, churnAlert, profile] = await Promise.all([
    source.idOf(subjects.changelog, schemaText('changelog')),
    source.idOf(subjects.tierChanged, schemaText('tierChanged')),
    source.idOf(subjects.lifecycleChanged, schemaText('lifecycleChanged')),
    source.idOf(subjects.churnAlert, schemaText('churnAlert')),
    source.idOf(subjects.profile, schemaText('profile')),
  ]);
  return new AvroCodec(deps, { changelog, tierChanged, lifecycleChanged, churnAlert, profile });
}
