/**
 * What a local stack is, whoever provides it: a Kafka broker, optionally a schema registry, and the Kafka
 * tools that go with them. Types only; `stack.ts` chooses the provider.
 */

/** Which services the caller needs. */
export type Need = 'kafka' | 'kafka+registry';

/** Where the services come from. */
export type ProviderName = 'environment' | 'docker' | 'java';

export interface StackOptions {
  readonly need: Need;
  /** Takes one progress line; nothing is printed otherwise. */
  readonly log?: (line: string) => void;
  /** Broker settings added to, or replacing, those of `broker-properties.ts`; not used by provider `environment`. */
  readonly properties?: Readonly<Record<string, string>>;
  /** JVM options of the broker, after ours (`-Xmx…`, `-XX:TieredStopAtLevel=4` for a benchmark); provider `java` only. */
  readonly javaOptions?: readonly string[];
}

export interface ToolOptions {
  /** Written to the tool's standard input; not used by provider `docker`. */
  readonly input?: string;
  /** The tool is killed and the call rejects after this long; default 60,000. */
  readonly timeoutMs?: number;
}

export interface ToolResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What another process needs to use a running stack; plain JSON. */
export interface StackHandle {
  readonly provider: ProviderName;
  /** `host:port` of each broker. */
  readonly brokers: readonly string[];
  /** Base URL of the Confluent API; empty when only `kafka` was needed. */
  readonly registryUrl: string;
  /** Id of the broker's container; provider `docker` only. */
  readonly brokerContainer?: string;
}

/** One service that a test may stop, start again on the same address with its data, freeze and thaw. */
export interface Service {
  /** Process id while it runs as a process of this machine. */
  readonly pid: number | undefined;
  /** Resolves once the service answers. Rejects with the end of its log when it does not. */
  start(): Promise<void>;
  /** Idempotent. SIGTERM becomes SIGKILL after a few seconds. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** The service stays connected and answers nothing (SIGSTOP). */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
}

/** A running stack. Methods that act on a service reject when it is not ours (provider `environment`) or was not needed. */
export interface LocalStack extends StackHandle {
  readonly brokerPid: number | undefined;
  stopBroker(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  startBroker(): Promise<void>;
  freezeBroker(): Promise<void>;
  thawBroker(): Promise<void>;
  stopRegistry(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  startRegistry(): Promise<void>;
  freezeRegistry(): Promise<void>;
  thawRegistry(): Promise<void>;
  /** Runs a Kafka tool by its Java class; see `tools.ts`. */
  kafkaTools(mainClass: string, args: readonly string[], options?: ToolOptions): Promise<ToolResult>;
  /** Ends what this stack started and deletes its data. Idempotent. */
  stop(): Promise<void>;
}

/** This provider cannot be used here; the message says why and what would help. The next one is tried. */
export class ProviderMissingError extends Error {
  override readonly name = 'ProviderMissingError';
}

/** No provider can be used here; the message names the three ways to get one. */
export class NoProviderError extends Error {
  override readonly name = 'NoProviderError';
}
