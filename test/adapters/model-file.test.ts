// The model file: faults come with the line they are on.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { modelYaml, parseModel, readModelFile } from '../../src/adapters/model-file.ts';
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

  it('gives warnings their line too', () => {
    const file = readModelFile(demo, (plain) => {
      const checked = checkModel(plain);
      return checked.ok ? { ...checked, warnings: [{ path: 'horizonDays', message: 'is long' }] } : checked;
    });
    const line =
      1 +
      readFileSync(demo, 'utf8')
        .split('\n')
        .findIndex((text) => text.startsWith('horizonDays:'));
    expect(file.ok ? file.warnings : []).toEqual([{ line, path: 'horizonDays', message: 'is long' }]);
  });

  it('keeps a rate as it is written, digit by digit', () => {
    const text = 'rates: { EUR: 1.10, CNY: [{ from: 2024-01-01, rate: 0.1400000000000000001 }] }\nrevision: 1\n';
    let rates: unknown;
    parseModel(text, (plain) => {
      rates = plain;
      return check();
    });
    expect(rates).toEqual({
      rates: { EUR: '1.10', CNY: [{ from: '2024-01-01', rate: '0.1400000000000000001' }] },
      revision: 1,
    });
  });

  it('reports broken YAML and repeated keys with their line, and checks nothing then', () => {
    const file = parseModel('revision: 1\nrevision: 2\nrates: {', () => {
      throw new Error('must not be asked');
    });
    expect(file.ok ? [] : file.faults.map(({ line }) => line)).toEqual([2, 3]);
  });
});

describe('modelYaml', () => {
  it('puts on one line what fits there', () => {
    const plain = { a: { b: [1, [2, null]] }, text: '1.10', long: { one: 'x'.repeat(60), two: 'y'.repeat(60) } };
    expect(modelYaml(plain)).toBe(
      `a: { b: [ 1, [ 2, null ] ] }\ntext: "1.10"\nlong:\n  one: ${'x'.repeat(60)}\n  two: ${'y'.repeat(60)}\n`,
    );
  });
});
