/**
 * The newest transitions a task has published, for people who ask what happened lately. Only what is known to be committed
 * comes in. It is memory of this process: what another owner said, or this one longer ago, is on the topics.
 */
import type { ChurnAlert, LifecycleChanged, TierChanged } from '../domain/contracts.ts';
import type { PendingTransition } from './work.ts';

/** A transition as it stands on its topic. */
export type Published =
  | { readonly topic: 'tierChanged'; readonly value: TierChanged }
  | { readonly topic: 'lifecycleChanged'; readonly value: LifecycleChanged }
  | { readonly topic: 'churnAlert'; readonly value: ChurnAlert };

/** Transitions kept per task: about 1 MB. */
export const recentMax = 512;

export class RecentTransitions {
  private readonly ring: Published[] = [];
  /** Where the next one goes once the ring is full. */
  private oldest = 0;

  /** Takes the transitions of one commit, in order. */
  note(transitions: readonly PendingTransition[], recordedAt: number): void {
    for (const { transition } of transitions) {
      this.ring[this.oldest] = publishedAt(transition, recordedAt);
      this.oldest = (this.oldest + 1) % recentMax;
    }
  }

  /** Those of one customer, newest first. */
  of(customerId: string): Published[] {
    const { ring, oldest } = this;
    return [...ring.slice(oldest), ...ring.slice(0, oldest)]
      .filter(({ value }) => value.customerId === customerId)
      .reverse();
  }

  clear(): void {
    this.ring.length = 0;
    this.oldest = 0;
  }
}

function publishedAt(transition: PendingTransition['transition'], recordedAt: number): Published {
  switch (transition.topic) {
    case 'tierChanged':
      return { topic: transition.topic, value: { ...transition.value, recordedAt } };
    case 'lifecycleChanged':
      return { topic: transition.topic, value: { ...transition.value, recordedAt } };
    case 'churnAlert':
      return { topic: transition.topic, value: { ...transition.value, recordedAt } };
  }
}
