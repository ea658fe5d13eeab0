// A plan says everything there is to do, and nothing that would take something away.
import { describe, expect, it } from 'vitest';
import {
  isSettled,
  planTopics,
  topicSpecs,
  type Actual,
  type ActualSubject,
  type ActualTopic,
  type TopicPlan,
  type Wanted,
} from '../../src/pipeline/topic-plan.ts';
import { subjectOf, topicNames, type TopicKey } from '../../src/pipeline/topics.ts';

const names = topicNames('');
const wanted: Wanted = { prefix: '', partitions: null, replicationFactor: null };
const nothing: Actual = { brokers: 3, topics: new Map(), subjects: new Map() };

/** What there is after a plan was carried out on `actual`. */
function after(plan: TopicPlan, actual: Actual): Actual {
  const topics = new Map(actual.topics);
  for (const { topic, ...created } of plan.create) topics.set(topic, created);
  for (const { topic, setting, to } of plan.alter) {
    const found = topics.get(topic);
    if (found !== undefined) topics.set(topic, { ...found, settings: { ...found.settings, [setting]: to } });
  }
  const subjects = new Map(actual.subjects);
  for (const { subject, compatibility } of plan.register) {
    subjects.set(subject, { level: compatibility, hasSchema: true, conflict: null });
  }
  return { ...actual, topics, subjects };
}

const complete = after(planTopics(nothing, wanted), nothing);

function withTopic(key: TopicKey, change: Partial<ActualTopic>, actual = complete): Actual {
  const found = actual.topics.get(names[key]);
  if (found === undefined) throw new Error(`no topic ${key}`);
  return { ...actual, topics: new Map(actual.topics).set(names[key], { ...found, ...change }) };
}

function withSetting(key: TopicKey, name: string, value: string): Actual {
  const settings = { ...complete.topics.get(names[key])?.settings, [name]: value };
  return withTopic(key, { settings });
}

function withSubject(key: TopicKey, held: Partial<ActualSubject>): Actual {
  const subject = { level: 'NONE', hasSchema: true, conflict: null, ...held };
  return { ...complete, subjects: new Map(complete.subjects).set(subjectOf(names[key]), subject) };
}

describe('planTopics', () => {
  it('creates everything where there is nothing, with two copies to acknowledge on three brokers', () => {
    const plan = planTopics(nothing, { ...wanted, partitions: 12 });
    expect(plan.create.map(({ topic }) => topic)).toEqual(Object.values(names));
    for (const creation of plan.create) {
      expect(creation).toMatchObject({
        partitions: 12,
        replicationFactor: 3,
        settings: { 'min.insync.replicas': '2' },
      });
    }
    expect(plan.register).toHaveLength(10);
    expect(plan.register.every(({ setsLevel, registers }) => setsLevel && registers)).toBe(true);
  });

  it('makes one copy on one broker', () => {
    const plan = planTopics({ ...nothing, brokers: 1 }, wanted);
    expect(plan.create[0]).toMatchObject({ replicationFactor: 1, settings: { 'min.insync.replicas': '1' } });
  });

  it('has nothing to do where a plan was carried out', () => {
    expect(isSettled(planTopics(complete, wanted))).toBe(true);
    expect(planTopics(complete, wanted)).toEqual({ create: [], alter: [], register: [], refused: [], notices: [] });
  });

  it('stamps every topic with broker time', () => {
    const stamped = planTopics(nothing, wanted).create.map(({ settings }) => settings['message.timestamp.type']);
    expect(stamped).toEqual(Object.keys(names).map(() => 'LogAppendTime'));
  });

  it('gives a new topic the partitions of those that exist', () => {
    const topics = new Map(complete.topics);
    topics.delete(names.surveys);
    expect(planTopics({ ...complete, topics }, wanted).create).toMatchObject([{ topic: names.surveys, partitions: 6 }]);
  });

  it.each<[string, TopicKey, string, string, boolean]>([
    ['mends another cleanup policy', 'changelog', 'cleanup.policy', 'delete', true],
    ['mends record timestamps on an input', 'purchases', 'message.timestamp.type', 'CreateTime', true],
    ['lengthens a short retention', 'tierChanged', 'retention.ms', '1000', true],
    ['keeps a longer retention', 'tierChanged', 'retention.ms', '99999999999999', false],
    ['keeps a retention without end', 'tierChanged', 'retention.ms', '-1', false],
    ['leaves the retention of dead letters to the operator', 'deadLetters', 'retention.ms', '1000', false],
    ['makes the cleaner more eager', 'profile', 'min.cleanable.dirty.ratio', '0.5', true],
    ['keeps a cleaner that is more eager still', 'profile', 'min.cleanable.dirty.ratio', '0.01', false],
    ['keeps more copies to acknowledge', 'changelog', 'min.insync.replicas', '3', false],
    ['keeps a setting that is nobody’s business here', 'profile', 'compression.type', 'zstd', false],
  ])('%s', (_name, key, setting, value, isAltered) => {
    const plan = planTopics(withSetting(key, setting, value), wanted);
    expect(plan.alter.map(({ topic, setting: altered }) => [topic, altered])).toEqual(
      isAltered ? [[names[key], setting]] : [],
    );
  });

  it('lets the privacy topic outlive the longest input', () => {
    const longer = planTopics(withSetting('interactions', 'retention.ms', '99999999999'), wanted);
    expect(longer.alter).toEqual([
      { topic: names.privacy, setting: 'retention.ms', from: '2592000000', to: '99999999999' },
    ]);
    const endless = planTopics(withSetting('interactions', 'retention.ms', '-1'), wanted);
    expect(endless.alter).toMatchObject([{ topic: names.privacy, to: '-1' }]);
  });

  it('refuses unequal counts with both topics named, and only between the topics of a task', () => {
    const unequal = planTopics(withTopic('changelog', { partitions: 7 }), wanted);
    expect(unequal.refused).toEqual([
      `${names.purchases} has 6 partitions and ${names.changelog} has 7: they must be equal`,
    ]);
    expect(planTopics(withTopic('profile', { partitions: 7 }), wanted).refused).toEqual([]);
  });

  it('refuses to change the count of topics that exist', () => {
    expect(planTopics(complete, { ...wanted, partitions: 12 }).refused).toEqual([
      expect.stringContaining('have 6 partitions, not 12'),
    ]);
  });

  it('notices another number of copies and leaves it alone', () => {
    const plan = planTopics(complete, { ...wanted, replicationFactor: 2 });
    expect(plan.notices).toHaveLength(11);
    expect(plan.alter).toEqual([]);
    expect(isSettled(plan)).toBe(false);
  });

  it('sets a level without registering again, and registers without touching a level that holds', () => {
    const level = planTopics(withSubject('purchases', { level: 'BACKWARD' }), wanted);
    expect(level.register).toMatchObject([{ key: 'purchases', setsLevel: true, registers: false }]);
    const schema = planTopics(withSubject('profile', { level: 'FULL_TRANSITIVE', hasSchema: false }), wanted);
    expect(schema.register).toMatchObject([{ key: 'profile', setsLevel: false, registers: true }]);
  });

  it('accepts a stricter level, and not a laxer one', () => {
    expect(isSettled(planTopics(withSubject('purchases', { level: 'FULL_TRANSITIVE' }), wanted))).toBe(true);
    const laxer = planTopics(withSubject('tierChanged', { level: 'BACKWARD_TRANSITIVE' }), wanted);
    expect(laxer.register).toMatchObject([{ key: 'tierChanged', compatibility: 'FULL_TRANSITIVE', setsLevel: true }]);
  });

  it('refuses a conflict of schemas, unless the schema of this version is held already', () => {
    const conflict = 'cannot read it';
    const fresh = planTopics(withSubject('purchases', { hasSchema: false, conflict }), wanted);
    expect(fresh.refused).toEqual([`${subjectOf(names.purchases)}: ${conflict}`]);
    const held = planTopics(withSubject('purchases', { level: 'BACKWARD_TRANSITIVE', conflict }), wanted);
    expect(held.refused).toEqual([]);
  });
});

describe('topicSpecs', () => {
  it('has one entry per topic, and a schema for all but the dead letters', () => {
    expect(topicSpecs.map(({ key }) => key)).toEqual(Object.keys(names));
    expect(topicSpecs.filter(({ compatibility }) => compatibility === null).map(({ key }) => key)).toEqual([
      'deadLetters',
    ]);
  });
});
