/**
 * The state of a customer in few bytes: what is at its default is absent, an instant named before is a reference, a purchase
 * day takes about eight bytes. What is packed is listed under `packs` in schemas/changelog.avsc.
 *
 * I1 Unpacking gives back exactly what was packed.
 * I2 A layout of another version is refused, never guessed: a change of layout takes the next version and keeps reading the ones before.
 */
import type {
  Answer,
  AttributeValue,
  CategorySpend,
  CustomerState,
  LifecycleStage,
  LifecycleStanding,
  Standing,
  StandingFactor,
  SurveyKind,
} from '../../domain/contracts.ts';
import { PackReader, PackWriter } from './pack.ts';
import * as history from './packed-history.ts';
import * as silence from './packed-silence.ts';

/** Since layout 2 the next instant stands in front, where a restore finds it without unpacking the rest. */
const layoutVersion = 2;
const writer = new PackWriter();

/** Order is layout: only ever lengthened. */
const stages: readonly (LifecycleStage | null)[] = [null, 'potential', 'new', 'stable', 'lost', 'won_back', 'unknown'];
const surveyKinds: readonly SurveyKind[] = ['nps', 'csat', 'ces', 'review', 'unknown'];
/** Names of factors by number; another name is written as text. Order is layout: only ever lengthened. */
const factorNames = [
  ...['profit365', 'clvPredicted', 'purchaseDays365', 'pBuy', 'categories', 'satisfaction', 'engagement', 'referrals'],
  ...['revenue365', 'recencyDays', 'purchaseDays', 'revenue', 'meanRepeatSpend', 'meanBasket', 'refundShare'],
  ...['priceSensitivity', 'promotionResponse', 'gapStability', 'basketStability', 'pAlive', 'pBuyYear'],
  ...['expectedPurchases', 'overdue', 'predictedSpend', 'crossSell', 'winBack', 'clvHistoric', 'indirectValue'],
  ...['totalValue', 'assumedCostShare', 'nps', 'csat', 'ces', 'review', 'npsBalance', 'openComplaints', 'channels'],
  ...[
    'touches',
    'touchResponse',
    'acquisitionCost',
    'tenureWeeks',
    'repurchaseRate',
    'referralsConverted',
    'nextPurchaseAt',
  ],
];
const factorNumbers = new Map(factorNames.map((name, index) => [name, index]));
const spelledOut = 63;

/** Parts that many customers lack, in the order they are written. */
const parts = {
  older: 1,
  weeks: 1 << 1,
  categories: 1 << 2,
  interactions: 1 << 3,
  engagement: 1 << 4,
  channels: 1 << 5,
  touches: 1 << 6,
  surveys: 1 << 7,
  answers: 1 << 8,
  complaints: 1 << 9,
  acquisition: 1 << 10,
  attributes: 1 << 11,
  referrals: 1 << 12,
  restricted: 1 << 13,
  nextDue: 1 << 14,
  ahead: 1 << 15,
  churn: 1 << 16,
  engagedAt: 1 << 17,
  notices: 1 << 18,
} as const;

function partsOf(state: CustomerState): number {
  const { complaints, acquisition, touches, referrals } = state;
  let held = 0;
  if (state.older.throughDay !== null) held |= parts.older;
  if (state.weeks.length > 0) held |= parts.weeks;
  if (state.categories.length > 0) held |= parts.categories;
  if (history.isUsed(state.interactionRing) || state.interactions.count > 0) held |= parts.interactions;
  if (state.engagement.length > 0) held |= parts.engagement;
  if (state.channels.length > 0) held |= parts.channels;
  if (touches.olderCount > 0 || touches.recent.length > 0) held |= parts.touches;
  if (history.isUsed(state.surveyRing) || state.surveys.count > 0) held |= parts.surveys;
  if (state.answers.length > 0) held |= parts.answers;
  if (complaints.opened > 0 || complaints.resolved > 0) held |= parts.complaints;
  if (acquisition.at !== null) held |= parts.acquisition;
  if (state.attributes.length > 0) held |= parts.attributes;
  if (referrals.made > 0 || referrals.converted > 0 || referrals.creditsMinor !== 0) held |= parts.referrals;
  if (state.restricted) held |= parts.restricted;
  if (state.nextDue !== null) held |= parts.nextDue;
  if (state.standing.ahead !== null) held |= parts.ahead;
  if (silence.isWatched(state.standing)) held |= parts.churn;
  if (state.engagedAt !== null) held |= parts.engagedAt;
  if (state.standing.lifecycle.noticesTold > 0) held |= parts.notices;
  return held;
}

/** Packs a state. The bytes are good until the next call. */
export function packState(state: CustomerState): Buffer {
  const held = partsOf(state);
  writer.begin();
  writer.byte(layoutVersion);
  writer.uint(held);
  if (state.nextDue !== null) writer.int(state.nextDue);
  writer.text(state.customerId);
  writer.instant(state.firstSeenAt);
  history.writeDays(writer, state.days);
  writer.instant(state.anchorAt);
  writer.instant(state.evaluatedTo);
  writer.uint(state.modelRevision);
  writer.uint(state.sequences.tierChanged);
  writer.uint(state.sequences.lifecycleChanged);
  writer.uint(state.sequences.churnAlert);
  writeStanding(state.standing);
  history.writeTotals(writer, state.totals, state.days);
  history.writeRing(writer, state.purchaseRing);
  if ((held & parts.older) !== 0) history.writeOlder(writer, state.older);
  if ((held & parts.weeks) !== 0) history.writeWeeks(writer, state.weeks);
  if ((held & parts.categories) !== 0) writeCategories(state.categories);
  if ((held & parts.touches) !== 0) history.writeTouches(writer, state.touches);
  if ((held & parts.interactions) !== 0) history.writeInput(writer, state.interactionRing, state.interactions);
  if ((held & parts.engagement) !== 0) history.writeEngagement(writer, state.engagement);
  if ((held & parts.channels) !== 0) writeChannels(state.channels);
  if ((held & parts.answers) !== 0) writeAnswers(state.answers);
  if ((held & parts.surveys) !== 0) history.writeInput(writer, state.surveyRing, state.surveys);
  if ((held & parts.complaints) !== 0) writeComplaints(state.complaints);
  if ((held & parts.acquisition) !== 0) writeAcquisition(state.acquisition);
  if ((held & parts.attributes) !== 0) writeAttributes(state.attributes);
  if ((held & parts.referrals) !== 0) writeReferrals(state.referrals);
  if (state.nextDue !== null) writer.seen(state.nextDue);
  if (state.standing.ahead !== null) silence.writeAhead(writer, state.standing.ahead);
  if ((held & parts.churn) !== 0) silence.writeChurn(writer, state.standing);
  if ((held & parts.engagedAt) !== 0) writer.instant(state.engagedAt);
  if ((held & parts.notices) !== 0) writer.byte(state.standing.lifecycle.noticesTold);
  return writer.bytes;
}

/** Unpacks a state. Throws: on another layout, on bytes that end too early or too late. */
export function unpackState(bytes: Buffer): CustomerState {
  const reader = new PackReader(bytes);
  const version = reader.byte();
  refuseUnknown(version);
  const held = reader.uint();
  const has = (part: keyof typeof parts): boolean => (held & parts[part]) !== 0;
  const dueInFront = version > 1 && has('nextDue') ? reader.int() : null;
  const customerId = reader.text() ?? '';
  const firstSeenAt = reader.instant() ?? 0;
  const days = history.readDays(reader);
  const anchorAt = reader.instant() ?? 0;
  const evaluatedTo = reader.instant() ?? 0;
  const modelRevision = reader.uint();
  const sequences = { tierChanged: reader.uint(), lifecycleChanged: reader.uint(), churnAlert: reader.uint() };
  const told = readStanding(reader);
  const totals = history.readTotals(reader, days);
  const purchaseRing = history.readRing(reader);
  const older = has('older') ? history.readOlder(reader) : history.noOlder;
  const weeks = has('weeks') ? history.readWeeks(reader) : [];
  const categories = has('categories') ? readCategories(reader) : [];
  const touches = has('touches') ? history.readTouches(reader) : history.noTouches;
  const interactions = has('interactions') ? history.readInput(reader) : history.noInput;
  const engagement = has('engagement') ? history.readEngagement(reader) : [];
  const channels = has('channels') ? readChannels(reader) : [];
  const answers = has('answers') ? readAnswers(reader) : [];
  const surveys = has('surveys') ? history.readInput(reader) : history.noInput;
  const complaints = has('complaints') ? readComplaints(reader) : noComplaints;
  const acquisition = has('acquisition') ? readAcquisition(reader) : noAcquisition;
  const attributes = has('attributes') ? readAttributes(reader) : [];
  const referrals = has('referrals') ? readReferrals(reader) : noReferrals;
  const nextDue = dueInFront ?? (has('nextDue') ? reader.instant() : null);
  if (dueInFront !== null) reader.seen(dueInFront);
  const ahead = has('ahead') ? silence.readAhead(reader) : null;
  const watched = has('churn') ? silence.readChurn(reader) : { churn: silence.noChurn, fallNoticedAt: null };
  const engagedAt = has('engagedAt') ? reader.instant() : null;
  const noticesTold = has('notices') ? reader.byte() : 0;
  const standing = { ...told, ahead, ...watched, lifecycle: { ...told.lifecycle, noticesTold } };
  if (!reader.isAtEnd) throw new RangeError('a packed state is longer than what is in it');
  return {
    customerId,
    firstSeenAt,
    anchorAt,
    evaluatedTo,
    nextDue,
    modelRevision,
    restricted: has('restricted'),
    sequences,
    standing,
    days,
    older,
    totals,
    weeks,
    purchaseRing,
    interactionRing: interactions.ring,
    surveyRing: surveys.ring,
    interactions: interactions.tally,
    surveys: surveys.tally,
    categories,
    answers,
    complaints,
    engagement,
    engagedAt,
    channels,
    acquisition,
    touches,
    attributes,
    referrals,
  };
}

/** `nextDue` of a packed state, without unpacking the rest where its layout allows. Throws as `unpackState`. */
export function nextDueOfPacked(bytes: Buffer): number | null {
  const reader = new PackReader(bytes);
  const version = reader.byte();
  if (version === 1) return unpackState(bytes).nextDue;
  refuseUnknown(version);
  return (reader.uint() & parts.nextDue) === 0 ? null : reader.int();
}

function refuseUnknown(version: number): void {
  if (version < 1 || version > layoutVersion) {
    throw new Error(`a packed state has layout ${version}, known is ${layoutVersion}`);
  }
}

function writeStanding(standing: Standing): void {
  const { factors, lifecycle } = standing;
  writer.code(standing.tierId);
  writer.code(standing.previousTierId);
  writer.id(standing.tierEventId);
  writer.instant(standing.tierEnteredAt);
  writer.instant(standing.previousTierEnteredAt);
  writer.uint(factors.length);
  let sum = 0;
  for (const factor of factors) {
    writeFactor(factor);
    sum += factor.points;
  }
  // The total is the sum of the points, so that this is 0.
  writer.int(standing.total - sum);
  writer.byte(stages.indexOf(lifecycle.stage) * 8 + stages.indexOf(lifecycle.previousStage));
  writer.id(lifecycle.eventId);
  writer.instant(lifecycle.enteredAt);
  writer.instant(lifecycle.lastPurchaseAt);
  writer.instant(lifecycle.previousEnteredAt);
  writer.instant(lifecycle.previousLastPurchaseAt);
}

type Told = Omit<Standing, 'ahead' | 'fallNoticedAt' | 'churn' | 'lifecycle'> & {
  readonly lifecycle: Omit<LifecycleStanding, 'noticesTold'>;
};

function readStanding(reader: PackReader): Told {
  const tierId = reader.code();
  const previousTierId = reader.code();
  const tierEventId = reader.id();
  const tierEnteredAt = reader.instant();
  const previousTierEnteredAt = reader.instant();
  const factors = reader.list(() => readFactor(reader));
  const total = factors.reduce((sum, { points }) => sum + points, reader.int());
  return {
    tierId,
    tierEnteredAt,
    total,
    factors,
    tierEventId,
    previousTierId,
    previousTierEnteredAt,
    lifecycle: readLifecycle(reader),
  };
}

function readLifecycle(reader: PackReader): Told['lifecycle'] {
  const both = reader.byte();
  const eventId = reader.id();
  return {
    stage: stages[Math.floor(both / 8)] ?? null,
    enteredAt: reader.instant(),
    lastPurchaseAt: reader.instant(),
    eventId,
    previousStage: stages[both % 8] ?? null,
    previousEnteredAt: reader.instant(),
    previousLastPurchaseAt: reader.instant(),
  };
}

/** A byte says which name, and whether the value is missing, whole or a double. */
function writeFactor({ name, value, points }: StandingFactor): void {
  const number = factorNumbers.get(name) ?? spelledOut;
  const form = value === null ? 0 : Number.isSafeInteger(value) && !Object.is(value, -0) ? 1 : 2;
  writer.byte(number * 4 + form);
  if (number === spelledOut) writer.code(name);
  if (value !== null && form === 1) writer.int(value);
  if (value !== null && form === 2) writer.double(value);
  writer.int(points);
}

function readFactor(reader: PackReader): StandingFactor {
  const byte = reader.byte();
  const [number, form] = [Math.floor(byte / 4), byte % 4];
  const name = (number === spelledOut ? reader.code() : factorNames[number]) ?? '';
  const value = form === 0 ? null : form === 1 ? reader.int() : reader.double();
  return { name, value, points: reader.int() };
}

/** First which of them have a code, a bit each. */
function writeCategories(categories: readonly CategorySpend[]): void {
  writer.uint(categories.length);
  for (let from = 0; from < categories.length; from += 8) writer.byte(codedFrom(categories, from));
  for (const { hash, netMinor, purchases, code } of categories) {
    writer.hash24(hash);
    writer.int(netMinor, purchases !== 1);
    if (purchases !== 1) writer.int(purchases);
    if (code !== null) writer.code(code);
  }
}

function codedFrom(categories: readonly CategorySpend[], from: number): number {
  let coded = 0;
  for (let bit = 0; bit < 8; bit += 1) if ((categories[from + bit]?.code ?? null) !== null) coded |= 1 << bit;
  return coded;
}

function readCategories(reader: PackReader): readonly CategorySpend[] {
  const length = reader.uint();
  const coded: number[] = [];
  for (let from = 0; from < length; from += 8) coded.push(reader.byte());
  const categories: CategorySpend[] = [];
  for (let index = 0; index < length; index += 1) {
    const hash = reader.hash24();
    const netMinor = reader.int();
    const purchases = reader.flag ? reader.int() : 1;
    const hasCode = ((coded[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
    categories.push({ hash, netMinor, purchases, code: hasCode ? reader.code() : null });
  }
  return categories;
}

function writeChannels(channels: readonly string[]): void {
  writer.uint(channels.length);
  for (const channel of channels) writer.code(channel);
}

function readChannels(reader: PackReader): readonly string[] {
  return reader.list(() => reader.code() ?? '');
}

function writeAnswers(answers: readonly Answer[]): void {
  writer.uint(answers.length);
  for (const { kind, at, eventId, value, isNpsScale } of answers) {
    writer.byte(surveyKinds.indexOf(kind) * 2 + (isNpsScale ? 1 : 0));
    writer.instant(at);
    writer.id(eventId);
    writer.double(value);
  }
}

function readAnswers(reader: PackReader): readonly Answer[] {
  return reader.list(() => {
    const byte = reader.byte();
    const kind = surveyKinds[Math.floor(byte / 2)] ?? 'unknown';
    const at = reader.instant() ?? 0;
    return { kind, at, eventId: reader.id() ?? '', value: reader.double(), isNpsScale: byte % 2 === 1 };
  });
}

const noComplaints: CustomerState['complaints'] = { opened: 0, resolved: 0, lastAt: null, lossReason: null };

function writeComplaints({ opened, resolved, lastAt, lossReason }: CustomerState['complaints']): void {
  writer.uint(opened);
  writer.uint(resolved);
  writer.instant(lastAt);
  writer.text(lossReason);
}

function readComplaints(reader: PackReader): CustomerState['complaints'] {
  return { opened: reader.uint(), resolved: reader.uint(), lastAt: reader.instant(), lossReason: reader.text() };
}

const noAcquisition: CustomerState['acquisition'] = { at: null, source: null, referrerId: null };

function writeAcquisition({ at, source, referrerId }: CustomerState['acquisition']): void {
  writer.instant(at);
  writer.text(source);
  writer.text(referrerId);
}

function readAcquisition(reader: PackReader): CustomerState['acquisition'] {
  return { at: reader.instant(), source: reader.text(), referrerId: reader.text() };
}

function writeAttributes(attributes: readonly AttributeValue[]): void {
  writer.uint(attributes.length);
  for (const { name, value, at } of attributes) {
    writer.text(name);
    writer.text(value);
    writer.instant(at);
  }
}

function readAttributes(reader: PackReader): readonly AttributeValue[] {
  return reader.list(() => ({
    name: reader.text() ?? '',
    value: reader.text() ?? '',
    at: reader.instant() ?? 0,
  }));
}

const noReferrals: CustomerState['referrals'] = { made: 0, converted: 0, creditsMinor: 0 };

function writeReferrals({ made, converted, creditsMinor }: CustomerState['referrals']): void {
  writer.uint(made);
  writer.uint(converted);
  writer.int(creditsMinor);
}

function readReferrals(reader: PackReader): CustomerState['referrals'] {
  return { made: reader.uint(), converted: reader.uint(), creditsMinor: reader.int() };
}
