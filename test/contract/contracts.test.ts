// The TypeScript contracts say what the schemas say.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { contractsFile, currentContracts, renderContracts } from '../../scripts/generate-contracts.ts';

describe('contracts.ts', () => {
  it('is what `npm run generate` writes for the schemas on disk', () => {
    expect(readFileSync(contractsFile, 'utf8')).toBe(currentContracts());
  });
});

describe('renderContracts', () => {
  it('unwraps unions, puts null last and turns longs into numbers', () => {
    const field = { name: 'at', type: ['null', { type: 'long', logicalType: 'timestamp-millis' }], doc: 'When.' };
    const schema = { type: 'record', name: 'Thing', doc: 'A thing.', fields: [field] };
    expect(renderContracts([JSON.stringify(schema)])).toContain('readonly at: number | null;');
  });

  it('refuses one name for two different types', () => {
    const of = (doc: string): string => JSON.stringify({ type: 'enum', name: 'E', doc, symbols: ['a'], default: 'a' });
    expect(() => renderContracts([of('One.'), of('Two.')])).toThrow('type E is declared twice, differently');
  });

  it('refuses an undocumented field and an enum without a default', () => {
    const undocumented = { type: 'record', name: 'R', doc: 'R.', fields: [{ name: 'a', type: 'int' }] };
    expect(() => renderContracts([JSON.stringify(undocumented)])).toThrow('"doc" is missing');
    expect(() => renderContracts([JSON.stringify({ type: 'enum', name: 'E', doc: 'E.', symbols: ['a'] })])).toThrow(
      'enum E has no default',
    );
  });
});
