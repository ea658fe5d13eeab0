/** Dead letters as tables for people and objects for machines. No record is decoded here. */
import type { DeadLetter } from '../pipeline/dead-letters.ts';

/** A letter as it is listed: its place and reason, nothing of the record. */
export interface ListedLetter {
  readonly id: string;
  readonly writtenAt: number;
  readonly reason: string;
  readonly stage: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Id of the letter whose replay was refused again as this one. */
  readonly replayOf: string | null;
}

/** What is listed of a letter. */
export function listed({ id, writtenAtMs, reason, stage, origin, replayOf }: DeadLetter): ListedLetter {
  return { id, writtenAt: writtenAtMs, reason, stage, ...origin, replayOf };
}

/** A table of letters, newest last, and how many there are by reason. */
export function listText(letters: readonly ListedLetter[], replayed: ReadonlySet<string>): string {
  if (letters.length === 0) return 'no dead letters';
  const rows = letters.map(({ id, writtenAt, reason, topic, partition, offset, replayOf }) => [
    id,
    `${new Date(writtenAt).toISOString().slice(0, 19)}Z`,
    reason,
    `${topic}-${partition}@${offset}`,
    [replayed.has(id) ? 'replayed' : '', replayOf === null ? '' : `replay of ${replayOf}`]
      .filter((part) => part !== '')
      .join(', '),
  ]);
  return [
    ...table([['id', 'written', 'reason', 'record', ''], ...rows]),
    '',
    `${letters.length} dead letters: ${countsText(reasonCounts(letters))}`,
  ].join('\n');
}

/** Letters by reason, the most frequent first. */
export function reasonCounts(letters: readonly Pick<ListedLetter, 'reason'>[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const { reason } of letters) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([, left], [, right]) => right - left));
}

/** `2 no_rate, 1 undecodable`. */
export function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}

/** Everything of one letter for machines; bytes as base64. */
export function shownLetter(letter: DeadLetter, isReplayed: boolean, refusal: string | null): object {
  const { key, value, headers, schemaId, originTimestampMs } = letter;
  const base64 = (bytes: Buffer | null | undefined): string | null => bytes?.toString('base64') ?? null;
  return {
    ...listed(letter),
    timestamp: originTimestampMs,
    schemaId,
    replayed: isReplayed,
    refusal,
    headers: Object.fromEntries(Object.entries(headers).map(([name, bytes]) => [name, base64(bytes)])),
    key: base64(key),
    value: base64(value),
  };
}

/** Bytes of a value shown to people. */
const shownBytes = 256;

/** Everything of one letter for people; the value as hex, its beginning. */
export function letterText(letter: DeadLetter, isReplayed: boolean, refusal: string | null): string {
  const { id, writtenAtMs, reason, stage, origin, originTimestampMs, schemaId, key, value, headers, replayOf } = letter;
  const at = (ms: number): string => new Date(ms).toISOString();
  const replay = isReplayed
    ? 'has been sent again'
    : refusal === null
      ? 'can be sent again'
      : `cannot be sent again: ${refusal}`;
  const rows = [
    ['dead letter', id],
    ['written', at(writtenAtMs)],
    ['reason', `${reason} (${stage})`],
    ['record', `${origin.topic}-${origin.partition}@${origin.offset}, ${at(originTimestampMs)}`],
    ...(schemaId === null ? [] : [['schema id', String(schemaId)]]),
    ...(replayOf === null ? [] : [['replay of', replayOf]]),
    ['replay', replay],
    ['key', key === null ? 'none' : JSON.stringify(key.toString('utf8'))],
    ...Object.entries(headers).map(([name, bytes]) => [
      `header ${name}`,
      JSON.stringify(bytes?.toString('utf8') ?? ''),
    ]),
    [
      'value',
      value === null ? 'none' : `${value.length} bytes${value.length > shownBytes ? `, the first ${shownBytes}` : ''}`,
    ],
  ];
  return [...table(rows), ...hexLines(value?.subarray(0, shownBytes) ?? Buffer.alloc(0))].join('\n');
}

function hexLines(bytes: Buffer): readonly string[] {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const part = bytes.subarray(at, at + 16);
    const hex = part.toString('hex').replace(/../g, '$& ').padEnd(48);
    const text = part.toString('latin1').replace(/[^\x20-\x7e]/g, '.');
    lines.push(`  ${at.toString(16).padStart(4, '0')}  ${hex} ${text}`);
  }
  return lines;
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
