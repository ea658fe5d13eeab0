/**
 * What a patch of kafkajs is: a named function that changes modules of one copy of its source, before use.
 * The copy is a parameter, so that a test can hold a patched and an unpatched one side by side.
 */

/** One loaded copy of kafkajs; paths are relative to its `src/` directory and have no extension. */
export interface KafkajsSource {
  /** Loads a module and what it needs; there are no types, the caller claims one. */
  load(path: string): unknown;
  /** Puts `exports` in place of a module's own; what was loaded before keeps the old ones. */
  replace(path: string, exports: unknown): void;
}

export interface Patch {
  /** File name of the patch, also its name in docs/KAFKA-ROOM.md. */
  readonly name: string;
  install(source: KafkajsSource): void;
}
