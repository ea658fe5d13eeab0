/**
 * Defect: SyncGroup has the time-out of an ordinary request, though it is answered only when the leader of the group
 *   has spoken: after a leader that was killed or stands still, when its session has ended.
 * Symptom: a process that joins a group whose leader just died ends with a request time-out instead of joining; one
 *   that is a member already joins again and again.
 * Source: protocol/requests/syncGroup/index.js, which has no requestTimeout, unlike joinGroup/index.js.
 * Patch: SyncGroup may take as long as JoinGroup.
 */
import type { Patch } from './patch.ts';

/** The rebalance time-out of our consumers and what stock adds to it for JoinGroup. */
const waitMsMax = 60_000 + 5_000;

interface RequestModule {
  readonly versions: readonly string[];
  readonly protocol: (options: { readonly version: number }) => (parameters: object) => object;
}

export const syncGroupWait: Patch = {
  name: 'sync-group-wait',
  install(source) {
    const path = 'protocol/requests/syncGroup/index';
    const { versions, protocol } = source.load(path) as RequestModule;
    source.replace(path, {
      versions,
      protocol: (options: { readonly version: number }) => {
        const create = protocol(options);
        return (parameters: object) => ({ ...create(parameters), requestTimeout: waitMsMax });
      },
    });
  },
};
