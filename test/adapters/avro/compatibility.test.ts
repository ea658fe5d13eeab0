// Compatibility is judged as the subject's level will judge it.
import { describe, expect, it } from 'vitest';
import { compatibilityFault } from '../../../src/adapters/avro/compatibility.ts';

const record = (...fields: unknown[]): string => JSON.stringify({ type: 'record', name: 'R', namespace: 'n', fields });
const a = { name: 'a', type: 'int' };
const withDefault = { name: 'b', type: 'int', default: 0 };
const withoutDefault = { name: 'b', type: 'int' };

describe('compatibilityFault', () => {
  it('accepts a field with a default at both levels', () => {
    expect(compatibilityFault('BACKWARD_TRANSITIVE', record(a, withDefault), [record(a)])).toBeNull();
    expect(compatibilityFault('FULL_TRANSITIVE', record(a, withDefault), [record(a)])).toBeNull();
  });

  it('refuses a new field without a default, whichever earlier schema lacks it', () => {
    const others = [record(a, withDefault), record(a)];
    expect(compatibilityFault('BACKWARD_TRANSITIVE', record(a, withoutDefault), others)).toContain('cannot read what');
  });

  it('lets a field go only where readers of the earlier schema may be left behind', () => {
    const dropped = record(a);
    const others = [record(a, withoutDefault)];
    expect(compatibilityFault('BACKWARD_TRANSITIVE', dropped, others)).toBeNull();
    expect(compatibilityFault('FULL_TRANSITIVE', dropped, others)).toContain('readers of an earlier schema');
  });

  it('refuses to stand beside what is no Avro schema', () => {
    expect(compatibilityFault('BACKWARD_TRANSITIVE', record(a), ['{"type":"object"}'])).not.toBeNull();
  });
});
