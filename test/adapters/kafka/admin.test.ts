/** The wait for new topics, which a busy cluster knows of late. */
import { describe, expect, it } from 'vitest';
import { awaitLeaders } from '../../../src/adapters/kafka/admin.ts';
import { steppingClock } from '../../support/stepping-clock.ts';

/** Metadata requests answered with these errors, then with success; `null` = success. */
function admin(...answers: readonly (string | null)[]) {
  let asked = 0;
  return {
    asked: () => asked,
    fetchTopicMetadata: () => {
      const type = answers[Math.min(asked, answers.length - 1)] ?? null;
      asked += 1;
      return type === null ? Promise.resolve({ topics: [] }) : Promise.reject(Object.assign(new Error(type), { type }));
    },
  };
}

describe('awaitLeaders', () => {
  it('asks until every broker asked knows the topics and their leaders', async () => {
    const answers = admin('UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE', 'UNKNOWN_TOPIC_OR_PARTITION', null);
    const clock = steppingClock();
    await awaitLeaders(answers, ['a', 'b'], clock);
    expect([answers.asked(), clock.sleeps]).toEqual([4, [50, 50, 50]]);
  });

  it('gives up after 15 s with what the cluster said last', async () => {
    const clock = steppingClock();
    await expect(awaitLeaders(admin('LEADER_NOT_AVAILABLE'), ['a'], clock)).rejects.toThrow('LEADER_NOT_AVAILABLE');
    expect(clock.now()).toBe(15_000);
  });

  it('gives up at any other refusal at once', async () => {
    const answers = admin('TOPIC_AUTHORIZATION_FAILED');
    await expect(awaitLeaders(answers, ['a'], steppingClock())).rejects.toThrow('TOPIC_AUTHORIZATION_FAILED');
    expect(answers.asked()).toBe(1);
  });
});
