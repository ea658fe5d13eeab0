// The engine's version is the package's.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { engineVersion } from '../../src/domain/engine.ts';

describe('engineVersion', () => {
  it('is the version of the package', () => {
    const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
    expect(text).toContain(`"version": "${engineVersion}"`);
  });
});
