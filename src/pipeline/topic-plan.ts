/**
 * How topics and subjects must be set up, and what there is to do where they are not. Pure: what is there comes in,
 * a plan goes out; adapters look and act.
 *
 * I1 A plan never shrinks, deletes or repartitions anything: what only that could mend is refused, with its reason.
 * I2 The plan of what a plan has made is empty.
 */
import { letterBytesMax } from './headers.ts';
import { subjectOf, topicNames, type TopicKey } from './topics.ts';

/** Levels of schema compatibility in use; the stricter FULL_TRANSITIVE satisfies the other. */
export type CompatibilityLevel = 'BACKWARD_TRANSITIVE' | 'FULL_TRANSITIVE';

/** How a setting of an existing topic is judged; `initial` = set at creation, then the operator's. */
type Rule = 'equal' | 'atLeast' | 'atMost' | 'initial';

interface SettingSpec {
  readonly name: string;
  readonly value: string;
  readonly rule: Rule;
}

/** What one topic must be like. */
export interface TopicSpec {
  readonly key: TopicKey;
  /** True for the topics of a task: partition p of each belongs together, so they must have equal counts. */
  readonly isCopartitioned: boolean;
  readonly settings: readonly SettingSpec[];
  /** Level of the subject; null = the values are not of one schema. */
  readonly compatibility: CompatibilityLevel | null;
}

const dayMs = 86_400_000;
const equal = (name: string, value: string): SettingSpec => ({ name, value, rule: 'equal' });
const days = (count: number, rule: Rule): SettingSpec => ({ name: 'retention.ms', value: String(count * dayMs), rule });

const kept = equal('cleanup.policy', 'delete');
/**
 * Broker time on every record: on inputs the merge key and the proofs of silence rest on it; elsewhere the broker would
 * refuse what a process with a clock an hour ahead writes.
 */
const stamped = equal('message.timestamp.type', 'LogAppendTime');

/** What replays and a stopped service need: a week's outage and more. */
const input = [kept, stamped, days(30, 'atLeast')];

const compacted: readonly SettingSpec[] = [
  equal('cleanup.policy', 'compact'),
  stamped,
  // The log a take-over reads holds little more than the newest record per key; lower costs the cleaner more work.
  { name: 'min.cleanable.dirty.ratio', value: '0.1', rule: 'atMost' },
  // The open segment is never compacted; a quiet topic would keep old values in it for a week.
  { name: 'segment.ms', value: String(dayMs / 4), rule: 'atMost' },
  // Bounds how long an erased customer's old values stay.
  { name: 'max.compaction.lag.ms', value: String(dayMs), rule: 'atMost' },
  // A reader that was away for less sees every tombstone.
  { name: 'delete.retention.ms', value: String(7 * dayMs), rule: 'atLeast' },
];

const output: Pick<TopicSpec, 'isCopartitioned' | 'settings' | 'compatibility'> = {
  isCopartitioned: false,
  settings: [kept, stamped, days(365, 'atLeast')],
  compatibility: 'FULL_TRANSITIVE',
};

/** Every topic, in the order of plans. */
export const topicSpecs: readonly TopicSpec[] = [
  { key: 'purchases', isCopartitioned: true, settings: input, compatibility: 'BACKWARD_TRANSITIVE' },
  { key: 'interactions', isCopartitioned: true, settings: input, compatibility: 'BACKWARD_TRANSITIVE' },
  { key: 'surveys', isCopartitioned: true, settings: input, compatibility: 'BACKWARD_TRANSITIVE' },
  { key: 'privacy', isCopartitioned: true, settings: input, compatibility: 'BACKWARD_TRANSITIVE' },
  { key: 'credits', isCopartitioned: true, settings: input, compatibility: 'BACKWARD_TRANSITIVE' },
  { key: 'changelog', isCopartitioned: true, settings: compacted, compatibility: 'BACKWARD_TRANSITIVE' },
  { key: 'tierChanged', ...output },
  { key: 'lifecycleChanged', ...output },
  { key: 'churnAlert', ...output },
  { key: 'profile', isCopartitioned: false, settings: compacted, compatibility: 'FULL_TRANSITIVE' },
  // Original bytes of customers' records: kept only as long as somebody needs to look and replay.
  {
    key: 'deadLetters',
    isCopartitioned: false,
    settings: [
      kept,
      stamped,
      days(14, 'initial'),
      { name: 'max.message.bytes', value: String(letterBytesMax), rule: 'atLeast' },
    ],
    compatibility: null,
  },
];

/** Topics of which the privacy topic must outlive every one. */
const outlived: ReadonlySet<TopicKey> = new Set(['purchases', 'interactions', 'surveys', 'credits']);

export interface ActualTopic {
  readonly partitions: number;
  readonly replicationFactor: number;
  /** Effective settings, defaults of the broker included. */
  readonly settings: Readonly<Record<string, string>>;
}

export interface ActualSubject {
  /** Level in force for the subject; null = none of its own. */
  readonly level: string | null;
  /** True when it holds exactly the schema of this version. */
  readonly hasSchema: boolean;
  /** Why the schema of this version cannot stand beside the ones it holds; null = it can. */
  readonly conflict: string | null;
}

/** What there is. Topics by name, subjects by name; a missing one is absent. */
export interface Actual {
  readonly brokers: number;
  readonly topics: ReadonlyMap<string, ActualTopic>;
  readonly subjects: ReadonlyMap<string, ActualSubject>;
}

export interface Wanted {
  readonly prefix: string;
  /** Partitions of topics to be created; null = as those that exist, else `defaultPartitions`. */
  readonly partitions: number | null;
  /** Copies of topics to be created; null = 3, or as many as there are brokers. */
  readonly replicationFactor: number | null;
}

/** Enough for six processes; it cannot be changed later without a new set of topics. */
export const defaultPartitions = 6;
const defaultReplicationFactor = 3;

export interface TopicCreation {
  readonly topic: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly settings: Readonly<Record<string, string>>;
}

export interface TopicAlteration {
  readonly topic: string;
  readonly setting: string;
  readonly from: string | null;
  readonly to: string;
}

export interface SchemaRegistration {
  readonly key: TopicKey;
  readonly subject: string;
  readonly compatibility: CompatibilityLevel;
  /** True when the level must be set, which comes first. */
  readonly setsLevel: boolean;
  /** True when the schema must be registered. */
  readonly registers: boolean;
}

export interface TopicPlan {
  readonly create: readonly TopicCreation[];
  readonly alter: readonly TopicAlteration[];
  readonly register: readonly SchemaRegistration[];
  /** What no plan can mend: unequal partition counts, incompatible schemas. */
  readonly refused: readonly string[];
  /** What differs and is left alone. */
  readonly notices: readonly string[];
}

/** What there is to do so that `actual` becomes `wanted`. */
export function planTopics(actual: Actual, wanted: Wanted): TopicPlan {
  const names = topicNames(wanted.prefix);
  const counts = countsOf(actual, wanted);
  const create: TopicCreation[] = [];
  const alter: TopicAlteration[] = [];
  const register: SchemaRegistration[] = [];
  const refused: string[] = [...counts.refused];
  const notices: string[] = [];
  for (const spec of topicSpecs) {
    const topic = names[spec.key];
    const found = actual.topics.get(topic);
    const replicationFactor = found?.replicationFactor ?? newReplicationFactor(actual, wanted);
    const settings = settingsOf(spec, replicationFactor, privacyRetention(actual, wanted));
    if (found === undefined) {
      const values = Object.fromEntries(settings.map(({ name, value }) => [name, value]));
      create.push({ topic, partitions: counts.partitions, replicationFactor, settings: values });
    } else {
      alter.push(...alterationsOf(topic, found, settings));
      if (wanted.replicationFactor !== null && wanted.replicationFactor !== found.replicationFactor) {
        notices.push(
          `${topic} has ${found.replicationFactor} copies, not ${wanted.replicationFactor}: reassign its partitions with Kafka's own tool`,
        );
      }
    }
    if (spec.compatibility === null) continue;
    const subject = subjectOf(topic);
    const held = actual.subjects.get(subject);
    if (held?.hasSchema !== true && held?.conflict != null) refused.push(`${subject}: ${held.conflict}`);
    const setsLevel = held?.level !== spec.compatibility && held?.level !== 'FULL_TRANSITIVE';
    const registers = held?.hasSchema !== true;
    if (setsLevel || registers) {
      register.push({ key: spec.key, subject, compatibility: spec.compatibility, setsLevel, registers });
    }
  }
  return { create, alter, register, refused, notices };
}

/** True when there is nothing to do, to refuse or to notice. */
export function isSettled(plan: TopicPlan): boolean {
  return Object.values(plan).every((part: readonly unknown[]) => part.length === 0);
}

/** Partitions of topics to be created, and what is wrong with the counts there are. */
function countsOf(
  actual: Actual,
  wanted: Wanted,
): { readonly partitions: number; readonly refused: readonly string[] } {
  const names = topicNames(wanted.prefix);
  const found = topicSpecs
    .filter(({ isCopartitioned }) => isCopartitioned)
    .flatMap(({ key }) => {
      const partitions = actual.topics.get(names[key])?.partitions;
      return partitions === undefined ? [] : [{ topic: names[key], partitions }];
    });
  const [first] = found;
  const partitions = wanted.partitions ?? first?.partitions ?? defaultPartitions;
  const unequal = found.filter((other) => other.partitions !== first?.partitions);
  const refused = unequal.map(
    (other) =>
      `${first?.topic ?? ''} has ${first?.partitions ?? 0} partitions and ${other.topic} has ${other.partitions}: they must be equal`,
  );
  if (unequal.length === 0 && first !== undefined && first.partitions !== partitions) {
    refused.push(
      `the topics have ${first.partitions} partitions, not ${partitions}: a count cannot be changed; make a new set of topics (another prefix) and import into it`,
    );
  }
  return { partitions, refused };
}

function newReplicationFactor(actual: Actual, wanted: Wanted): number {
  return wanted.replicationFactor ?? Math.max(1, Math.min(defaultReplicationFactor, actual.brokers));
}

/** The retention the privacy topic needs: that of the longest input as it will be. */
function privacyRetention(actual: Actual, wanted: Wanted): string {
  const names = topicNames(wanted.prefix);
  let longest = 0;
  for (const { key, settings } of topicSpecs) {
    if (!outlived.has(key)) continue;
    const floor = Number(settings.find(({ name }) => name === 'retention.ms')?.value ?? 0);
    const found = Number(actual.topics.get(names[key])?.settings['retention.ms'] ?? floor);
    longest = Math.max(longest, floor, found < 0 ? Infinity : found);
  }
  return longest === Infinity ? '-1' : String(longest);
}

function settingsOf(spec: TopicSpec, replicationFactor: number, privacyRetentionMs: string): readonly SettingSpec[] {
  const settings = spec.settings.map((setting) =>
    spec.key === 'privacy' && setting.name === 'retention.ms' ? { ...setting, value: privacyRetentionMs } : setting,
  );
  // One copy more than a single failure can take, where there is more than one.
  const copies = String(Math.min(2, replicationFactor));
  return [...settings, { name: 'min.insync.replicas', value: copies, rule: 'atLeast' }];
}

function alterationsOf(topic: string, found: ActualTopic, settings: readonly SettingSpec[]): TopicAlteration[] {
  return settings.flatMap((setting) => {
    const from = found.settings[setting.name] ?? null;
    return isMet(setting, from) ? [] : [{ topic, setting: setting.name, from, to: setting.value }];
  });
}

function isMet({ value, rule }: SettingSpec, found: string | null): boolean {
  if (rule === 'initial') return true;
  if (found === null) return false;
  if (rule === 'equal') return found === value;
  return rule === 'atMost' ? Number(found) <= Number(value) : unlimited(found) >= unlimited(value);
}

/** A retention of -1 has no end. */
function unlimited(value: string): number {
  return Number(value) < 0 ? Infinity : Number(value);
}
