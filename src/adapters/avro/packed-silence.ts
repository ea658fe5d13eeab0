/**
 * The part of a packed state that silence is about: what comes next, what was told of it, the alert. Absent while nothing is
 * known; packed-state.ts says where it stands.
 */
import type {
  ChurnBand,
  ChurnStanding,
  CustomerState,
  OpenAlert,
  TierAhead,
  UnscoredAlert,
} from '../../domain/contracts.ts';
import type { PackReader, PackWriter } from './pack.ts';

/** Order is layout. */
const bands: readonly ChurnBand[] = ['none', 'watch', 'alert', 'critical'];
const bandOf = (number: number): ChurnBand => bands[number] ?? 'none';

/** What an absent part reads as. */
export const noChurn: ChurnStanding = {
  band: 'none',
  floor: 'none',
  lastPurchaseAt: null,
  crossedAt: null,
  waitingSince: null,
  alert: null,
  endedAt: null,
  unscored: [],
};

/** True when there is something to say of churn. */
export function isWatched({ churn, fallNoticedAt }: CustomerState['standing']): boolean {
  const { band, floor, lastPurchaseAt, crossedAt, waitingSince, alert, endedAt, unscored } = churn;
  const hasInstant = [fallNoticedAt, lastPurchaseAt, crossedAt, waitingSince, endedAt].some((at) => at !== null);
  return hasInstant || band !== 'none' || floor !== 'none' || alert !== null || unscored.length > 0;
}

/** Band and floor, what is open, what is to be scored. */
export function writeChurn(writer: PackWriter, { churn, fallNoticedAt }: CustomerState['standing']): void {
  const { alert, unscored } = churn;
  writer.byte(bands.indexOf(churn.band) * 16 + bands.indexOf(churn.floor) * 4 + (alert === null ? 0 : 1));
  writer.instant(fallNoticedAt);
  writer.instant(churn.lastPurchaseAt);
  writer.instant(churn.crossedAt);
  writer.instant(churn.waitingSince);
  writer.instant(churn.endedAt);
  if (alert !== null) writeAlert(writer, alert);
  writer.uint(unscored.length);
  for (const one of unscored) writeUnscored(writer, one);
}

/** Reads what `writeChurn` wrote. */
export function readChurn(reader: PackReader): Pick<CustomerState['standing'], 'churn' | 'fallNoticedAt'> {
  const byte = reader.byte();
  const fallNoticedAt = reader.instant();
  const churn = {
    band: bandOf(byte >> 4),
    floor: bandOf((byte >> 2) & 3),
    lastPurchaseAt: reader.instant(),
    crossedAt: reader.instant(),
    waitingSince: reader.instant(),
    endedAt: reader.instant(),
    alert: (byte & 1) === 0 ? null : readAlert(reader),
    unscored: reader.list(() => readUnscored(reader)),
  };
  return { churn, fallNoticedAt };
}

function writeAlert(writer: PackWriter, { alertId, openedAt, expiresAt, control, eventId }: OpenAlert): void {
  writer.id(alertId);
  writer.instant(openedAt);
  writer.instant(expiresAt);
  writer.byte(control ? 1 : 0);
  writer.id(eventId);
}

function readAlert(reader: PackReader): OpenAlert {
  return {
    alertId: reader.id() ?? '',
    openedAt: reader.instant() ?? 0,
    expiresAt: reader.instant(),
    control: reader.byte() === 1,
    eventId: reader.id() ?? '',
  };
}

function writeUnscored(writer: PackWriter, alert: UnscoredAlert): void {
  const flags = (alert.control ? 1 : 0) + (alert.isTreated ? 2 : 0) + (alert.hasReturned ? 4 : 0);
  writer.byte(bands.indexOf(alert.band) * 8 + flags);
  writer.id(alert.alertId);
  writer.instant(alert.openedAt);
  writer.instant(alert.dueAt);
  writer.double(alert.probability);
  writer.int(alert.marginMinor);
}

function readUnscored(reader: PackReader): UnscoredAlert {
  const byte = reader.byte();
  return {
    alertId: reader.id() ?? '',
    openedAt: reader.instant() ?? 0,
    dueAt: reader.instant() ?? 0,
    band: bandOf(byte >> 3),
    probability: reader.double(),
    control: (byte & 1) !== 0,
    isTreated: (byte & 2) !== 0,
    hasReturned: (byte & 4) !== 0,
    marginMinor: reader.int(),
  };
}

/** What silence was found to do to the tier. */
export function writeAhead(writer: PackWriter, { knownUntil, changes, tierId }: TierAhead): void {
  writer.instant(knownUntil);
  writer.byte(changes ? 1 : 0);
  writer.code(tierId);
}

/** Reads what `writeAhead` wrote. */
export function readAhead(reader: PackReader): TierAhead {
  return { knownUntil: reader.instant() ?? 0, changes: reader.byte() === 1, tierId: reader.code() };
}
