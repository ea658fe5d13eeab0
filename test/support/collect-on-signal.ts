/*
 * Preloaded into a service whose memory is judged (`--import`): upon SIGUSR2 it collects garbage and prints
 * `live <bytes>`, what is in use afterwards on the heap and in buffers outside it. No part of the product knows of it.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

process.on('SIGUSR2', () => {
  // Twice: what a finalizer lets go is collected by the second.
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  process.stdout.write(`live ${heapUsed + external}\n`);
});
