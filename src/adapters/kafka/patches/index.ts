/**
 * Every patch of kafkajs, in the order of installation: replaced modules before the modules that take them in.
 * docs/KAFKA-ROOM.md lists defect, symptom, source and test of each.
 */
import { abortedRecords } from './aborted-records.ts';
import { concurrentTransactions } from './concurrent-transactions.ts';
import { emptyBatches } from './empty-batches.ts';
import { initProducerRetry } from './init-producer-retry.ts';
import { joinRetry } from './join-retry.ts';
import { linearGrouping } from './linear-grouping.ts';
import { linearHeaders } from './linear-headers.ts';
import { outOfRange } from './out-of-range.ts';
import type { Patch } from './patch.ts';
import { produceRequest } from './produce-request.ts';
import { revokedOffset } from './revoked-offset.ts';
import { syncGroupWait } from './sync-group-wait.ts';
import { timerLoop } from './timer-loop.ts';
import { unreadableBatches } from './unreadable-batches.ts';

export const patches: readonly Patch[] = [
  linearHeaders,
  syncGroupWait,
  produceRequest,
  unreadableBatches,
  emptyBatches,
  abortedRecords,
  linearGrouping,
  initProducerRetry,
  timerLoop,
  revokedOffset,
  outOfRange,
  concurrentTransactions,
  joinRetry,
];
