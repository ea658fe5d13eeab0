/** Another model: everything of a customer judged anew by it. What it changes is told with `config_change`. */
import type { CustomerState } from './contracts.ts';
import { judge } from './judge.ts';
import type { Judged } from './judge.ts';
import type { Model } from './model.ts';
import { momentOf } from './moment.ts';
import { arm } from './next-instant.ts';

/**
 * Judges a customer by `model`, activated at `activatedAt`, as of then or of `evaluatedTo` where that is later. Instants that
 * came before under the old model are to be fired first, by it. The state is armed and carries the model's revision.
 */
export function rescore(state: CustomerState, model: Model, activatedAt: number): Judged {
  const asOf = Math.max(activatedAt, state.evaluatedTo);
  const standing = { ...state.standing, ahead: null };
  const fresh = { ...state, evaluatedTo: asOf, nextDue: asOf, modelRevision: model.revision, standing };
  const reason = {
    trigger: { kind: 'config', activatedAt },
    effectiveAt: asOf,
    supersedes: null,
    backfillRunId: null,
    before: state.sequences,
  } as const;
  const { state: judged, transitions } = judge(momentOf(fresh, asOf), null, reason, model);
  return { state: arm(judged, model), transitions };
}
