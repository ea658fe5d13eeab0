/** The Confluent framing: a magic byte of 0 and the writer's schema id in front of every Avro value. */

/** Bytes of it. */
export const headerBytes = 5;

/** Schema id behind the magic byte; null when there is no such header. */
export function schemaIdOf(value: Buffer): number | null {
  return value.length >= headerBytes && value[0] === 0 ? value.readInt32BE(1) : null;
}

/** Writes it at `at`; there must be room. */
export function writeHeader(into: Buffer, schemaId: number, at = 0): void {
  into.writeUInt8(0, at);
  into.writeInt32BE(schemaId, at + 1);
}
