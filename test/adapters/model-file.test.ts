// The model file: faults come with the line they are on.
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseModel, readModelFile } from '../../src/adapters/model-file.ts';
import { checkModel } from '../../src/domain/model-check.ts';

const demo = fileURLToPath(new URL('../../examples/cdnow/model.yaml', import.meta.url));

describe('readModelFile', () => {
  it('reads the demo model', () => {
    const file = readModelFile(demo, checkModel);
    expect(file.ok && [file.model.revision, file.model.currency, file.model.horizonDays]).toEqual([1, 'USD', 91]);
  });

  it('answers with a fault for a file that is not there', () => {
    const file = readModelFile(`${demo}.gone`, checkModel);
    expect(file).toMatchObject({ ok: false, faults: [{ line: null, path: '' }] });
  });
});

describe('parseModel', () => {
  const check = () => ({
    ok: false as const,
    faults: [
      { path: 'tiers.levels[1].enter', message: 'is wrong' },
      { path: 'tiers.levels[0].leave', message: 'is missing' },
      { path: 'colour', message: 'is missing' },
    ],
  });

  it('gives each fault the line of its value, or of what is nearest around it', () => {
    const text = 'revision: 1\ntiers:\n  levels:\n    - id: high\n    - id: mid\n      enter: 5\n';
    const file = parseModel(text, check);
    expect(file.ok ? [] : file.faults.map(({ line }) => line)).toEqual([6, 4, null]);
  });

  it('reports broken YAML and repeated keys with their line, and checks nothing then', () => {
    const file = parseModel('revision: 1\nrevision: 2\nrates: {', () => {
      throw new Error('must not be asked');
    });
    expect(file.ok ? [] : file.faults.map(({ line }) => line)).toEqual([2, 3]);
  });
});
