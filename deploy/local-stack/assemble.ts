/** Makes the one interface callers see out of a provider's services. */
import { runKafkaTool } from './tools.ts';
import type { LocalStack, Service, StackHandle } from './types.ts';

export interface StackParts {
  readonly handle: StackHandle;
  /** null = not ours to stop. */
  readonly broker: Service | null;
  /** null = not ours, or not needed. */
  readonly registry: Service | null;
  /** Called once, after the services have stopped. */
  readonly dispose: () => Promise<void>;
}

/** The running stack made of `parts`. */
export function assembleStack(parts: StackParts): LocalStack {
  let stopping: Promise<void> | undefined;
  const ours = (name: 'broker' | 'registry'): Promise<Service> => {
    const service = parts[name];
    if (service !== null) return Promise.resolve(service);
    return Promise.reject(new Error(`the ${name} of this stack (${parts.handle.provider}) is not ours to control`));
  };
  const stopAll = async (): Promise<void> => {
    await Promise.all([parts.broker?.stop(), parts.registry?.stop()]);
    await parts.dispose();
  };
  return {
    ...parts.handle,
    get brokerPid() {
      return parts.broker?.pid;
    },
    stopBroker: async (signal) => (await ours('broker')).stop(signal),
    startBroker: async () => (await ours('broker')).start(),
    freezeBroker: async () => (await ours('broker')).freeze(),
    thawBroker: async () => (await ours('broker')).thaw(),
    stopRegistry: async (signal) => (await ours('registry')).stop(signal),
    startRegistry: async () => (await ours('registry')).start(),
    freezeRegistry: async () => (await ours('registry')).freeze(),
    thawRegistry: async () => (await ours('registry')).thaw(),
    kafkaTools: (mainClass, args, options) => runKafkaTool(parts.handle, mainClass, args, options),
    stop: () => (stopping ??= stopAll()),
  };
}
