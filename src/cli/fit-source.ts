/**
 * Where `clientele fit` finds its purchases: CSV files, or the purchases topic as committed. Each purchase is taken once and
 * added up; what cannot be taken is counted, and nothing is written.
 */
import { resolve } from 'node:path';
import type { FileMapping } from '../adapters/csv/mapping.ts';
import { scanEvents } from '../adapters/csv/read-events.ts';
import { readTopic } from '../adapters/kafka/whole-topic.ts';
import type { Purchase } from '../domain/contracts.ts';
import { PurchaseLogBuilder, type PurchaseLog } from '../domain/fit/purchase-log.ts';
import { hash128 } from '../domain/math/murmur3.ts';
import type { Codec, Decoded } from '../pipeline/ports.ts';
import type { FitSource } from './fit-json.ts';
import { FailedError, type CommandContext } from './frame.ts';
import { startProgress } from './progress.ts';
import { namedInstallation, openCodecOf } from './named-installation.ts';

/** Purchases as a fit reads them, and what became of what was read. */
export interface FitHistory {
  readonly log: PurchaseLog;
  readonly source: FitSource;
}

/** Reads the files of a mapping. Rejects: as scanEvents; FailedError when they hold no purchase. */
export async function readFiles(
  names: readonly string[],
  mapping: FileMapping,
  zone: string,
  context: CommandContext,
): Promise<FitHistory> {
  const reading = startProgress({ ...context, stream: context.stderr, label: 'reading', unit: 'rows', total: null });
  const builder = new PurchaseLogBuilder(zone);
  const { rows, refused } = await scanEvents(
    names.map((name) => resolve(context.cwd, name)),
    mapping,
    (event) => {
      if (event.input === 'purchases') builder.add(event.event);
    },
    (read) => reading.update(read),
  );
  const first = refused[0];
  const reason = first === undefined ? '' : `; row ${first.row}: ${first.reason}`;
  return historyOf(builder, mapping.currency, rows, refused.length, reason);
}

/**
 * Reads the purchases topic from its beginning to what was committed when the reading began. An event id is taken once.
 * Rejects: UnavailableError, ConfigError; FailedError when it holds no purchase in `currency`.
 */
export async function readPurchasesTopic(currency: string, zone: string, context: CommandContext): Promise<FitHistory> {
  const installation = namedInstallation(context);
  const { endpoint, names } = installation;
  const codec = await openCodecOf(installation);
  const reading = startProgress({ ...context, stream: context.stderr, label: 'reading', unit: 'records', total: null });
  const builder = new PurchaseLogBuilder(zone);
  const taken = new TakenIds();
  let [records, refused, foreign] = [0, 0, 0];
  await readTopic(endpoint, names.purchases, async ({ key, value }) => {
    // The end marker of an import, or a tombstone: no purchase either way.
    if (value === null) return;
    records += 1;
    reading.update(records);
    const purchase = purchaseOf(await decoded(codec, value), key);
    if (purchase === null) refused += 1;
    else if (purchase.currency !== currency) foreign += 1;
    else if (taken.add(purchase)) builder.add(purchase);
  });
  const reason = foreign > 0 ? `; ${foreign} are in another currency than ${currency} (--currency)` : '';
  return historyOf(builder, currency, records, refused + foreign, reason);
}

async function decoded(codec: Codec, value: Buffer): Promise<Decoded> {
  const first = codec.decode('purchases', value);
  if (first.kind !== 'unknown_schema') return first;
  await codec.learn('purchases', first.schemaId);
  return codec.decode('purchases', value);
}

/** The purchase of a record the service would take too, as far as that can be told without a model. */
function purchaseOf(record: Decoded, key: Buffer | null): Purchase | null {
  if (record.kind !== 'event' || record.decoded.input !== 'purchases') return null;
  const { event } = record.decoded;
  return event.customerId !== '' && event.customerId === key?.toString() && event.amountMinor >= 0 ? event : null;
}

/** Event ids seen, by 53 bits of their hash: some 40 bytes each; of ten million, two collide once in a hundred fits. */
class TakenIds {
  readonly #hashes = new Set<number>();

  /** False for one that was there before. */
  add({ customerId, eventId }: Purchase): boolean {
    const [high, low] = hash128(`${customerId} ${eventId}`);
    const before = this.#hashes.size;
    this.#hashes.add((high >>> 0) * 2 ** 21 + (low >>> 11));
    return this.#hashes.size > before;
  }
}

function historyOf(
  builder: PurchaseLogBuilder,
  currency: string,
  rows: number,
  refusedRows: number,
  reason: string,
): FitHistory {
  const log = builder.build();
  if (log.at.length === 0) throw new FailedError(`no purchase in ${rows} rows${reason}.`);
  return { log, source: { currency, rows, refusedRows, unplaced: log.unplaced } };
}
