// Kafka's framing as far as a proxy needs it: requests told apart, responses paired, addresses of brokers replaced.
// Only the non-flexible versions that the client under test speaks; another version is refused loudly.

export const apiKeys = {
  Produce: 0,
  Fetch: 1,
  ListOffsets: 2,
  Metadata: 3,
  OffsetCommit: 8,
  OffsetFetch: 9,
  FindCoordinator: 10,
  JoinGroup: 11,
  Heartbeat: 12,
  LeaveGroup: 13,
  SyncGroup: 14,
  ApiVersions: 18,
  InitProducerId: 22,
  AddPartitionsToTxn: 24,
  EndTxn: 26,
} as const;
export type ApiName = keyof typeof apiKeys;

export interface KafkaRequest {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
  /** Behind the header. */
  readonly body: Buffer;
}

/** A frame longer than this is no Kafka frame: the stream is out of step. */
const frameBytesMax = 64 * 1024 * 1024;

/** Cuts a byte stream into frames; what it returns excludes the length in front. Throws: for a stream out of step. */
export class FrameSplitter {
  #rest: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): Buffer[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: Buffer[] = [];
    while (this.#rest.length >= 4) {
      const length = this.#rest.readInt32BE(0);
      if (length < 4 || length > frameBytesMax) throw new Error(`a frame of ${length} bytes`);
      if (this.#rest.length < 4 + length) break;
      frames.push(this.#rest.subarray(4, 4 + length));
      this.#rest = this.#rest.subarray(4 + length);
    }
    return frames;
  }
}

/** A frame with its length in front. */
export function framed(frame: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(frame.length);
  return Buffer.concat([length, frame]);
}

export function readRequest(frame: Buffer): KafkaRequest {
  const [clientId, at] = readString(frame, 8);
  return {
    apiKey: frame.readInt16BE(0),
    apiVersion: frame.readInt16BE(2),
    correlationId: frame.readInt32BE(4),
    clientId,
    body: frame.subarray(at),
  };
}

/** A response to `correlationId`. */
export function response(correlationId: number, body: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeInt32BE(correlationId);
  return Buffer.concat([header, body]);
}

/** The transactional id a request names first; null = none, or a request that has none. */
export function transactionalIdOf({ apiKey, apiVersion, body }: KafkaRequest): string | null {
  const isTransactional =
    (apiKey === apiKeys.Produce && apiVersion >= 3) ||
    apiKey === apiKeys.InitProducerId ||
    apiKey === apiKeys.AddPartitionsToTxn ||
    apiKey === apiKeys.EndTxn;
  return isTransactional ? readString(body, 0)[0] : null;
}

/** True for an EndTxn that commits, false for one that aborts. */
export function isCommit({ apiKey, body }: KafkaRequest): boolean {
  // transactional id, producer id (8), epoch (2), committed (1)
  return apiKey === apiKeys.EndTxn && body.readInt8(readString(body, 0)[1] + 10) === 1;
}

/** The answer of a coordinator that refuses every partition of an AddPartitionsToTxn; nothing was executed. */
export function refusePartitions({ body }: KafkaRequest, errorCode: number): Buffer {
  const out: Buffer[] = [int32(0)];
  let at = readString(body, 0)[1] + 10;
  const topics = body.readInt32BE(at);
  at += 4;
  out.push(int32(topics));
  for (let topic = 0; topic < topics; topic += 1) {
    const [, behindName] = readString(body, at);
    out.push(body.subarray(at, behindName));
    const partitions = body.readInt32BE(behindName);
    out.push(int32(partitions));
    at = behindName + 4;
    for (let index = 0; index < partitions; index += 1, at += 4) {
      const code = Buffer.alloc(2);
      code.writeInt16BE(errorCode);
      out.push(body.subarray(at, at + 4), code);
    }
  }
  return Buffer.concat(out);
}

/**
 * A response body with every broker address replaced, so that a client comes back through the proxy.
 * Throws: for a broker that `map` does not know, which would be a way around the proxy.
 */
export function rewriteBrokers(
  { apiKey, apiVersion }: Pick<KafkaRequest, 'apiKey' | 'apiVersion'>,
  body: Buffer,
  map: ReadonlyMap<string, string>,
): Buffer {
  if (apiKey === apiKeys.FindCoordinator) {
    if (apiVersion > 2) throw new Error(`FindCoordinator v${apiVersion}`);
    // throttle (v1+), error, message (v1+), node, host, port
    const atNode = apiVersion === 0 ? 2 : readString(body, 6)[1];
    const isAnswered = body.readInt32BE(atNode) >= 0;
    return isAnswered ? Buffer.concat([body.subarray(0, atNode + 4), ...address(body, atNode + 4, map)]) : body;
  }
  if (apiKey !== apiKeys.Metadata) return body;
  if (apiVersion > 8) throw new Error(`Metadata v${apiVersion}`);
  let at = apiVersion >= 3 ? 4 : 0;
  const brokers = body.readInt32BE(at);
  at += 4;
  const out: Buffer[] = [body.subarray(0, at)];
  for (let broker = 0; broker < brokers; broker += 1) {
    const behindHost = readString(body, at + 4)[1];
    const next = apiVersion >= 1 ? readString(body, behindHost + 4)[1] : behindHost + 4;
    const [place = Buffer.alloc(0)] = address(body.subarray(0, behindHost + 4), at + 4, map);
    out.push(body.subarray(at, at + 4), place, body.subarray(behindHost + 4, next));
    at = next;
  }
  out.push(body.subarray(at));
  return Buffer.concat(out);
}

/** Host and port at `at` as the map has them, and what follows. */
function address(body: Buffer, at: number, map: ReadonlyMap<string, string>): Buffer[] {
  const [host, atPort] = readString(body, at);
  const known = `${host ?? ''}:${body.readInt32BE(atPort)}`;
  const mapped = map.get(known);
  if (mapped === undefined) throw new Error(`broker ${known} is not behind this proxy`);
  const cut = mapped.lastIndexOf(':');
  const name = Buffer.from(mapped.slice(0, cut));
  const length = Buffer.alloc(2);
  length.writeInt16BE(name.length);
  return [Buffer.concat([length, name, int32(Number(mapped.slice(cut + 1)))]), body.subarray(atPort + 4)];
}

function readString(buffer: Buffer, at: number): [value: string | null, next: number] {
  const length = buffer.readInt16BE(at);
  if (length < 0) return [null, at + 2];
  return [buffer.toString('utf8', at + 2, at + 2 + length), at + 2 + length];
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
