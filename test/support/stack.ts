/**
 * The shared broker and registry as an integration test sees them. Tests share it and must not stop or freeze it:
 * a test that does starts its own with `startStack`.
 */
import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { runKafkaTool, type ProviderName, type ToolOptions, type ToolResult } from '../../deploy/local-stack/stack.ts';
import type {} from './global-stack.ts';

export interface SharedStack {
  readonly provider: ProviderName;
  readonly brokers: readonly string[];
  readonly registryUrl: string;
  /** Runs one of Kafka's own tools by its Java class, as an independent judge. */
  kafkaTools(mainClass: string, args: readonly string[], options?: ToolOptions): Promise<ToolResult>;
  /** A new prefix for topics, group and transactional ids, so tests never meet: `<name>-<8 hex>-`. */
  uniquePrefix(name: string): string;
}

/** The stack of this vitest run. Throws: outside project `integration`. */
export function useStack(): SharedStack {
  const stack = inject('stack');
  return {
    provider: stack.provider,
    brokers: stack.brokers,
    registryUrl: stack.registryUrl,
    kafkaTools: (mainClass, args, options) => runKafkaTool(stack, mainClass, args, options),
    uniquePrefix: (name) => `${name}-${randomBytes(4).toString('hex')}-`,
  };
}
