/**
 * Which member serves which task, by address: read from the note the leader writes into every assignment, which kafkajs
 * hides from the member itself. DescribeGroups is asked after every assignment until the group is Stable and says of
 * this member what this member was told; until then there is no address.
 *
 * It may be behind by a generation that this member has not noticed yet: who is asked judges for itself whether it may
 * answer (lease.ts).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeNote } from './assigner.ts';
import type { Cluster, DescribedGroup } from './internals.ts';
import { kafkajs } from './kafkajs.ts';

/** Pause between two questions, ms: a group settles within a few round trips. */
const pollMs = 200;

export class Directory {
  readonly #groupId: string;
  readonly #topic: string;
  #addresses: readonly string[] | null = null;
  #round = new AbortController();

  /** `topic`: one of those assigned; they are assigned alike. */
  constructor(groupId: string, topic: string) {
    this.#groupId = groupId;
    this.#topic = topic;
  }

  /** `host:port`; null while the group does not say. */
  addressOf(partition: number): string | null {
    const address = this.#addresses?.[partition];
    return address === undefined || address === '' ? null : address;
  }

  /** Forgets the addresses and asks for those that go with this assignment of this member. */
  follow(cluster: Cluster, memberId: string, partitions: readonly number[]): void {
    this.close();
    void this.#poll(cluster, memberId, partitions, this.#round.signal);
  }

  /** Stops asking; nothing is known any more. */
  close(): void {
    this.#round.abort();
    this.#round = new AbortController();
    this.#addresses = null;
  }

  async #poll(cluster: Cluster, memberId: string, partitions: readonly number[], signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const found = await this.#ask(cluster, memberId, partitions).catch(() => null);
      // A later round has its own addresses.
      if (found !== null && this.#round.signal === signal) {
        this.#addresses = found;
        return;
      }
      await sleep(pollMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #ask(cluster: Cluster, memberId: string, partitions: readonly number[]): Promise<readonly string[] | null> {
    const coordinator = await cluster.findGroupCoordinator({ groupId: this.#groupId });
    const { groups } = await coordinator.describeGroups({ groupIds: [this.#groupId] });
    const [group] = groups;
    return group === undefined ? null : addressesIn(group, this.#topic, memberId, partitions);
  }
}

/**
 * Addresses by partition, as the assignment of `memberId` notes them; null unless the group is Stable and gives that
 * member exactly `partitions` of `topic`.
 */
export function addressesIn(
  { state, members }: DescribedGroup,
  topic: string,
  memberId: string,
  partitions: readonly number[],
): readonly string[] | null {
  const own = members.find((member) => member.memberId === memberId);
  if (state !== 'Stable' || own === undefined || own.memberAssignment.length === 0) return null;
  const decoded = kafkajs.AssignerProtocol.MemberAssignment.decode(own.memberAssignment);
  const given = [...(decoded?.assignment[topic] ?? [])].sort((a, b) => a - b);
  if (decoded === null || given.join() !== partitions.join()) return null;
  return decodeNote(decoded.userData)?.addresses ?? null;
}
