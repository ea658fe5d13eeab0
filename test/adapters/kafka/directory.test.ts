/** What DescribeGroups says, read as addresses by task. */
import { describe, expect, it } from 'vitest';
import { addressesIn, Directory } from '../../../src/adapters/kafka/directory.ts';
import type { Cluster, DescribedGroup } from '../../../src/adapters/kafka/internals.ts';
import { kafkajs } from '../../../src/adapters/kafka/kafkajs.ts';

function group(state: string, partitions: number[], addresses: string[] | null): DescribedGroup {
  const userData = Buffer.from(addresses === null ? '' : JSON.stringify({ generation: 3, addresses }));
  const assignment = { changelog: partitions, purchases: partitions };
  const memberAssignment = kafkajs.AssignerProtocol.MemberAssignment.encode({ version: 1, assignment, userData });
  const empty = { memberId: 'b', memberAssignment: Buffer.alloc(0) };
  return { state, members: [empty, { memberId: 'a', memberAssignment }] };
}

const addresses = ['one:1', 'two:2'];

describe('addressesIn', () => {
  it('reads the note in the assignment of this member', () => {
    expect(addressesIn(group('Stable', [1, 0], addresses), 'changelog', 'a', [0, 1])).toEqual(addresses);
  });

  it.each([
    ['a group that is not stable', group('CompletingRebalance', [0], addresses), 'a'],
    ['another assignment than this member has', group('Stable', [0, 1], addresses), 'a'],
    ['a member without an assignment', group('Stable', [0], addresses), 'b'],
    ['a member that is not there', group('Stable', [0], addresses), 'c'],
    ['an assignment without a note', group('Stable', [0], null), 'a'],
  ])('says nothing of %s', (_, described, memberId) => {
    expect(addressesIn(described, 'changelog', memberId, [0])).toBeNull();
  });
});

describe('Directory', () => {
  it('asks until the group is stable and matches, and forgets at the next assignment', async () => {
    const asked = Promise.withResolvers<undefined>();
    const replies = [group('PreparingRebalance', [], null), group('Stable', [0], addresses)];
    let fail = true;
    const describeGroups = () => {
      if (fail) {
        fail = false;
        return Promise.reject(new Error('the coordinator is moving'));
      }
      const reply = replies.length > 1 ? replies.shift() : replies[0];
      if (reply?.state === 'Stable') setImmediate(() => asked.resolve(undefined));
      return Promise.resolve({ groups: reply === undefined ? [] : [reply] });
    };
    const cluster = { findGroupCoordinator: () => Promise.resolve({ describeGroups }) } as unknown as Cluster;
    const directory = new Directory('group', 'changelog');
    directory.follow(cluster, 'a', [0]);
    expect(directory.addressOf(1)).toBeNull();
    await asked.promise;
    expect([0, 1, 2].map((partition) => directory.addressOf(partition))).toEqual(['one:1', 'two:2', null]);
    directory.close();
    expect(directory.addressOf(1)).toBeNull();
  });
});
