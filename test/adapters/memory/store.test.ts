// The store in memory keeps the contract of task stores.
import { MemoryStore } from '../../../src/adapters/memory/store.ts';
import { TimerHeap } from '../../../src/domain/timer-heap.ts';
import { fleetingStore } from '../../../src/pipeline/fleeting-store.ts';
import { taskStoreContract } from '../../contract/task-store.ts';

taskStoreContract('MemoryStore', (codec) => Promise.resolve(fleetingStore(new MemoryStore(codec), new TimerHeap())));
