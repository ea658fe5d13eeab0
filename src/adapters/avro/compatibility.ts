/**
 * Whether one schema can stand beside others at a compatibility level, judged here and not by the registry: a plan
 * must know it before the subject's level is what it will be.
 */
import type { CompatibilityLevel } from '../../pipeline/topic-plan.ts';
import { compile } from './types.ts';

/** Why `schema` does not fit beside `others` at `level`; null = it fits. All are JSON text. */
export function compatibilityFault(
  level: CompatibilityLevel,
  schema: string,
  others: readonly string[],
): string | null {
  for (const other of others) {
    const backward = readFault(schema, other);
    if (backward !== null) return `this version cannot read what an earlier schema wrote: ${backward}`;
    const forward = level === 'FULL_TRANSITIVE' ? readFault(other, schema) : null;
    if (forward !== null) return `readers of an earlier schema cannot read what this version writes: ${forward}`;
  }
  return null;
}

/** Why `reader` cannot read what `writer` wrote; null = it can. */
function readFault(reader: string, writer: string): string | null {
  try {
    compile(reader).createResolver(compile(writer), { ignoreNamespaces: true });
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
