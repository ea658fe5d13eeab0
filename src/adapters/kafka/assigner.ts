/**
 * Who works on which task: partition p of every subscribed topic goes to one member, to its last owner if possible,
 * and no member has more than one task more than another. `assignTasks` is pure and decides; the rest is kafkajs'
 * form of it.
 *
 * A member tells the group what it has (member user data); the leader tells everyone who asks where each partition
 * is served (assignment user data, read through DescribeGroups; kafkajs hides it from the member itself).
 */
import type { PartitionAssigner } from 'kafkajs';
import { commonPartitionCount } from './cluster.ts';
import type { Cluster } from './internals.ts';
import { kafkajs } from './kafkajs.ts';

/** Common to every version that assigns alike; another name means another assignment. */
export const assignerName = 'clientele-copartition-1';

/** What a member says of itself when it joins. */
export interface Claim {
  /** Tasks it has. */
  readonly tasks: readonly number[];
  /** Generation in which it was given them; −1 = never. */
  readonly generation: number;
  /** Where its HTTP interface answers, `host:port`. */
  readonly address: string;
}

export interface Member extends Claim {
  readonly memberId: string;
}

/** What an assignment says about the whole group. */
export interface GroupNote {
  /** Generation this should become; a hint, since the leader is not told. */
  readonly generation: number;
  /** Address of the member that has partition p, at index p. */
  readonly addresses: readonly string[];
}

/** Tasks 0 … taskCount − 1 by member id; every member is in the result. Sorted lists; deterministic. */
export function assignTasks(members: readonly Member[], taskCount: number): Map<string, number[]> {
  if (members.length === 0) return new Map();
  const sorted = [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const owners = lastOwners(sorted, taskCount);
  const kept = new Map(sorted.map(({ memberId }) => [memberId, [] as number[]]));
  owners.forEach((owner, task) => kept.get(owner ?? '')?.push(task));

  // Members that have most keep the places of the bigger share.
  const floor = Math.floor(taskCount / sorted.length);
  let bigShares = taskCount % sorted.length;
  const byLoad = [...kept.values()].sort((a, b) => b.length - a.length);
  const shares = new Map<number[], number>();
  for (const tasks of byLoad) {
    const share = bigShares > 0 ? floor + 1 : floor;
    if (bigShares > 0) bigShares -= 1;
    shares.set(tasks, share);
    tasks.length = Math.min(tasks.length, share);
  }

  const taken = new Set([...kept.values()].flat());
  const free = Array.from({ length: taskCount }, (_, task) => task).filter((task) => !taken.has(task));
  for (const tasks of byLoad) {
    tasks.push(...free.splice(0, (shares.get(tasks) ?? 0) - tasks.length));
    tasks.sort((a, b) => a - b);
  }
  return kept;
}

/** Member id of the last owner by task: of several claims the newest generation, then the smallest member id, wins. */
function lastOwners(sorted: readonly Member[], taskCount: number): readonly (string | undefined)[] {
  const owners: (Member | undefined)[] = Array.from({ length: taskCount });
  for (const member of sorted) {
    for (const task of member.tasks) {
      if (task < taskCount && member.generation > (owners[task]?.generation ?? -1)) owners[task] = member;
    }
  }
  return owners.map((owner) => owner?.memberId);
}

const nothingClaimed: Claim = { tasks: [], generation: -1, address: '' };

/** A claim from a member's user data; anything unreadable claims nothing. */
export function decodeClaim(userData: Buffer): Claim {
  const value = parse(userData);
  const { tasks, generation, address } = value;
  if (!Array.isArray(tasks) || typeof generation !== 'number' || typeof address !== 'string') return nothingClaimed;
  return { tasks: tasks.filter((task) => Number.isSafeInteger(task) && task >= 0), generation, address };
}

/** The note in an assignment's user data; null if there is none. */
export function decodeNote(userData: Buffer): GroupNote | null {
  const { generation, addresses } = parse(userData);
  if (typeof generation !== 'number' || !Array.isArray(addresses)) return null;
  return { generation, addresses: addresses.map(String) };
}

function parse(userData: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(userData.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Members with empty metadata (the group is not stable) or of another product claim nothing. */
function decodeMember(memberId: string, memberMetadata: Buffer): Member {
  try {
    const decoded = kafkajs.AssignerProtocol.MemberMetadata.decode(memberMetadata);
    return { memberId, ...(decoded === null ? nothingClaimed : decodeClaim(decoded.userData)) };
  } catch {
    return { memberId, ...nothingClaimed };
  }
}

/**
 * The assigner for a kafkajs consumer. `claim` is asked at every join. `seen` is given the cluster of the consumer
 * once, before anything else. Both `protocol` and `assign` throw DataRefusedError unless all topics have one
 * partition count.
 */
export function copartitionAssigner(claim: () => Claim, seen: (cluster: Cluster) => void): PartitionAssigner {
  return (config) => {
    const cluster = config.cluster as unknown as Cluster;
    seen(cluster);
    return {
      name: assignerName,
      version: 1,
      protocol({ topics }) {
        commonPartitionCount(cluster, topics);
        const userData = Buffer.from(JSON.stringify(claim()));
        return {
          name: assignerName,
          metadata: kafkajs.AssignerProtocol.MemberMetadata.encode({ version: 1, topics, userData }),
        };
      },
      assign: (group) => Promise.resolve(encodeGroup(cluster, group)),
    };
  };
}

type Group = Parameters<ReturnType<PartitionAssigner>['assign']>[0];

function encodeGroup(cluster: Cluster, { members, topics }: Group): { memberId: string; memberAssignment: Buffer }[] {
  const taskCount = commonPartitionCount(cluster, topics);
  const claims = members.map(({ memberId, memberMetadata }) => decodeMember(memberId, memberMetadata));
  const assigned = assignTasks(claims, taskCount);
  const addresses: string[] = Array.from({ length: taskCount }, () => '');
  for (const { memberId, address } of claims) {
    for (const task of assigned.get(memberId) ?? []) addresses[task] = address;
  }
  const note: GroupNote = { generation: Math.max(0, ...claims.map(({ generation }) => generation)) + 1, addresses };
  const userData = Buffer.from(JSON.stringify(note));
  return [...assigned].map(([memberId, tasks]) => ({
    memberId,
    memberAssignment: kafkajs.AssignerProtocol.MemberAssignment.encode({
      version: 1,
      assignment: Object.fromEntries(topics.map((topic) => [topic, tasks])),
      userData,
    }),
  }));
}
