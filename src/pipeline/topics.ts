/**
 * The names of the topics and of their subjects in the registry. How a topic must be set up (partitions, cleanup,
 * retention) is the topics command's business.
 */

/** Default name of every topic, by what it is called in code. */
export const topicDefaults = {
  purchases: 'customer.purchases.v1',
  interactions: 'customer.interactions.v1',
  surveys: 'customer.surveys.v1',
  privacy: 'customer.privacy.v1',
  credits: 'clientele.referral-credits.v1',
  changelog: 'clientele.state.v1',
  tierChanged: 'customer-value.tier-changed.v1',
  lifecycleChanged: 'customer-value.lifecycle-changed.v1',
  churnAlert: 'customer-value.churn-alert.v1',
  profile: 'customer-value.profile.v1',
  deadLetters: 'customer-value.dead-letters.v1',
} as const;

export type TopicKey = keyof typeof topicDefaults;
export type TopicNames = Readonly<Record<TopicKey, string>>;

/** Returns the name of every topic of an installation, each with `prefix` before it. */
export function topicNames(prefix: string): TopicNames {
  const named = Object.entries(topicDefaults).map(([key, name]) => [key, `${prefix}${name}`]);
  return Object.fromEntries(named) as TopicNames;
}

/** Returns the registry subject of a topic's values. */
export function subjectOf(topic: string): string {
  return `${topic}-value`;
}

/** Returns the subjects of what the service writes in Avro. */
export function writtenSubjects({ changelog, tierChanged, lifecycleChanged, churnAlert, profile }: TopicNames) {
  return {
    changelog: subjectOf(changelog),
    tierChanged: subjectOf(tierChanged),
    lifecycleChanged: subjectOf(lifecycleChanged),
    churnAlert: subjectOf(churnAlert),
    profile: subjectOf(profile),
  };
}
