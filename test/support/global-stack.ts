/** One local stack for a whole integration run: started before the first file, stopped after the last. */
import type { TestProject } from 'vitest/node';
import { startStack, type StackHandle } from '../../deploy/local-stack/stack.ts';

declare module 'vitest' {
  interface ProvidedContext {
    stack: StackHandle;
  }
}

/** Called by vitest. Rejects: NoProviderError; integration tests never fall back to something else than Kafka. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stack = await startStack({ need: 'kafka+registry', log: (line) => process.stderr.write(`${line}\n`) });
  const { provider, brokers, registryUrl, brokerContainer } = stack;
  project.provide('stack', {
    provider,
    brokers,
    registryUrl,
    ...(brokerContainer === undefined ? {} : { brokerContainer }),
  });
  return () => stack.stop();
}
