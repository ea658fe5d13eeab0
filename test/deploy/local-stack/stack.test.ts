import { afterEach, describe, expect, it, vi } from 'vitest';
import { NoProviderError, startStack } from '../../../deploy/local-stack/stack.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('startStack', () => {
  it('names the three ways to a broker, and what it tried, when no provider can be used', async () => {
    vi.stubEnv('CLIENTELE_STACK', 'environment');
    vi.stubEnv('KAFKA_BROKERS', '');
    const failed = startStack({ need: 'kafka' });
    await expect(failed).rejects.toThrow(NoProviderError);
    await expect(failed).rejects.toThrow(
      /KAFKA_BROKERS=[\s\S]*Docker[\s\S]*Java 17[\s\S]*Maven[\s\S]*tried environment/,
    );
  });

  it('fails, and tries no other provider, when the named broker does not answer', async () => {
    vi.stubEnv('CLIENTELE_STACK', '');
    vi.stubEnv('KAFKA_BROKERS', '127.0.0.1:1');
    await expect(startStack({ need: 'kafka' })).rejects.toThrow('no broker answers there');
  });

  it('refuses a provider it does not have', async () => {
    vi.stubEnv('CLIENTELE_STACK', 'podman');
    await expect(startStack({ need: 'kafka' })).rejects.toThrow('use environment, docker or java');
  });
});
