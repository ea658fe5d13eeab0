/** Assignment: complete, balanced, sticky, together. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  assignTasks,
  copartitionAssigner,
  decodeClaim,
  decodeNote,
  type Claim,
  type Member,
} from '../../../src/adapters/kafka/assigner.ts';
import { kafkajs } from '../../../src/adapters/kafka/kafkajs.ts';
import { DataRefusedError } from '../../../src/pipeline/ports.ts';

const member = (memberId: string, tasks: readonly number[] = [], generation = tasks.length > 0 ? 1 : -1): Member => ({
  memberId,
  tasks,
  generation,
  address: `${memberId}:80`,
});

describe('assignTasks', () => {
  it.each([
    { why: 'one new member', members: [member('a')], count: 3, want: { a: [0, 1, 2] } },
    { why: 'two new members', members: [member('b'), member('a')], count: 5, want: { a: [0, 1, 2], b: [3, 4] } },
    {
      why: 'a newcomer takes only what the owner has too much of',
      members: [member('old', [0, 1, 2, 3]), member('a')],
      count: 4,
      want: { old: [0, 1], a: [2, 3] },
    },
    {
      why: 'what a lost member had is spread, the rest stays',
      members: [member('a', [0, 3]), member('b', [1, 4])],
      count: 6,
      want: { a: [0, 2, 3], b: [1, 4, 5] },
    },
    {
      why: 'the newest generation owns',
      members: [member('zombie', [0, 1], 4), member('z-owner', [1, 2], 6), member('c', [0], 6)],
      count: 3,
      want: { 'zombie': [2], 'z-owner': [1], 'c': [0] }, // prettier-ignore
    },
    {
      why: 'more members than tasks',
      members: [member('a'), member('b', [0]), member('c')],
      count: 1,
      want: { a: [], b: [0], c: [] },
    },
    { why: 'a claim of a task that is not there', members: [member('a', [9])], count: 1, want: { a: [0] } },
  ])('$why', ({ members, count, want }) => {
    expect(Object.fromEntries(assignTasks(members, count))).toEqual(want);
  });

  const groups = fc.record({
    count: fc.integer({ min: 0, max: 40 }),
    claims: fc.array(
      fc.record({
        tasks: fc.uniqueArray(fc.integer({ min: 0, max: 45 }), { maxLength: 30 }),
        generation: fc.integer({ min: -1, max: 4 }),
      }),
      { minLength: 1, maxLength: 9 },
    ),
  });
  const membersOf = (claims: readonly Pick<Claim, 'tasks' | 'generation'>[]): Member[] =>
    claims.map((claim, at) => ({ ...claim, memberId: `m${at}`, address: '' }));

  it('gives every task to exactly one member, within one of each other', () => {
    fc.assert(
      fc.property(groups, ({ count, claims }) => {
        const assigned = [...assignTasks(membersOf(claims), count).values()];
        expect(assigned.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, task) => task));
        const sizes = assigned.map(({ length }) => length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('does not depend on the order of the members', () => {
    fc.assert(
      fc.property(groups, ({ count, claims }) => {
        const members = membersOf(claims);
        expect(assignTasks([...members].reverse(), count)).toEqual(assignTasks(members, count));
      }),
    );
  });

  it('keeps everything when everyone comes again, and moves no more than balance asks when one joins or leaves', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 8 }), (count, size) => {
        const first = assignTasks(
          Array.from({ length: size }, (_, at) => member(`m${at}`)),
          count,
        );
        const again = [...first].map(([memberId, tasks]) => ({ memberId, tasks, generation: 1, address: '' }));
        expect(assignTasks(again, count)).toEqual(first);

        const grown = assignTasks([...again, member('new')], count);
        expect(movedFrom(first, grown)).toBe(grown.get('new')?.length);

        const [left, ...rest] = again;
        if (rest.length > 0) expect(movedFrom(first, assignTasks(rest, count))).toBe(left?.tasks.length);
      }),
    );
  });
});

/** How many tasks have another owner than before. */
function movedFrom(before: ReadonlyMap<string, number[]>, after: ReadonlyMap<string, number[]>): number {
  const owner = new Map([...before].flatMap(([memberId, tasks]) => tasks.map((task) => [task, memberId] as const)));
  return [...after].flatMap(([memberId, tasks]) => tasks.filter((task) => owner.get(task) !== memberId)).length;
}

describe('decodeClaim', () => {
  it.each(['', 'x', 'null', '[]', '{"tasks":1}', '{"tasks":[0],"generation":"1","address":""}'])(
    'takes %j for a claim of nothing',
    (text) => {
      expect(decodeClaim(Buffer.from(text))).toEqual({ tasks: [], generation: -1, address: '' });
    },
  );
});

describe('copartitionAssigner', () => {
  const { MemberMetadata, MemberAssignment } = kafkajs.AssignerProtocol;
  type Config = Parameters<ReturnType<typeof copartitionAssigner>>[0];

  function assignerOf(counts: Readonly<Record<string, number>>, claim: Claim) {
    const cluster = {
      findTopicPartitionMetadata: (topic: string) =>
        Array.from({ length: counts[topic] ?? 0 }, (_, partitionId) => ({ partitionId, leader: 1 })),
    };
    return copartitionAssigner(() => claim, () => undefined)({ cluster, groupId: 'g' } as unknown as Config); // prettier-ignore
  }
  const claim = { tasks: [1], generation: 7, address: 'b:80' };

  it('gives a partition of all topics to one member and tells all where each is served', async () => {
    const assigner = assignerOf({ p: 3, c: 3 }, claim);
    const { metadata } = assigner.protocol({ topics: ['p', 'c'] });
    const assignments = await assigner.assign({
      members: [
        { memberId: 'a', memberMetadata: Buffer.alloc(0) },
        { memberId: 'b', memberMetadata: metadata },
      ],
      topics: ['p', 'c'],
    });
    const decoded = assignments.map(({ memberId, memberAssignment }) => ({
      memberId,
      ...MemberAssignment.decode(memberAssignment),
    }));
    expect(decoded.map(({ memberId, assignment }) => [memberId, assignment])).toEqual([
      ['a', { p: [2], c: [2] }],
      ['b', { p: [0, 1], c: [0, 1] }],
    ]);
    for (const { userData } of decoded) {
      expect(decodeNote(userData ?? Buffer.alloc(0))).toEqual({ generation: 8, addresses: ['b:80', 'b:80', ''] });
    }
  });

  it('tells the group what the member has', () => {
    const { name, metadata } = assignerOf({ p: 3 }, claim).protocol({ topics: ['p'] });
    expect(name).toBe('clientele-copartition-1');
    expect(decodeClaim(MemberMetadata.decode(metadata)?.userData ?? Buffer.alloc(0))).toEqual(claim);
  });

  it('refuses unequal partition counts, naming both topics, before it joins', () => {
    const assigner = assignerOf({ p: 3, c: 4 }, claim);
    expect(() => assigner.protocol({ topics: ['p', 'c'] })).toThrow(DataRefusedError);
    expect(() => assigner.protocol({ topics: ['p', 'c'] })).toThrow('p has 3 partitions and c has 4');
    expect(() => assigner.protocol({ topics: ['p', 'gone'] })).toThrow('topic gone does not exist');
  });
});
