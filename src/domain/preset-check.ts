/**
 * Lays the presets a model file names under what the file itself says. What a preset needs is checked here; what comes of
 * it is checked with the rest of the file.
 */
import type { Part } from './check.ts';
import { isPlainObject, unknownName } from './check.ts';
import { laidOver } from './merge.ts';
import { modelDefaults } from './model-defaults.ts';
import { isLadder, isPreset, ladderNames, ladders, presetFile, presetNames } from './presets.ts';

/** Returns the file with its presets under it. A stand-in takes the place of a preset at fault, so that one fault is one. */
export function underPreset(file: Part): unknown {
  const preset = presetIn(file);
  const ladder = laidOver(preset, ladderIn(file.at('tiers').at('preset')));
  return laidOver(ladder, file.value);
}

function presetIn(file: Part): object {
  const margin = file.at('medianBasketMarginMinor');
  if (file.at('preset').isMissing) {
    if (!margin.isMissing) margin.warn('has no effect without a preset');
    return {};
  }
  const name = file.at('preset').text();
  if (name !== '' && !isPreset(name)) file.at('preset').fault(`${name} ${unknownName('preset', name, presetNames)}`);
  const before = file.faultCount;
  if (margin.isMissing) margin.fault('is missing: a preset is made of multiples of it');
  // From 3 on the cut points of small baskets differ; at the top 12 of them are still an amount.
  const basketMarginMinor = margin.number({ min: 3, max: 1e10 });
  const isUsable = file.faultCount === before && isPreset(name);
  return presetFile(isUsable ? name : 'retail', isUsable ? basketMarginMinor : 1_000, grossMarginOf(file.value));
}

/** The file's gross margin where it is one; its faults are found with the rest of the file. */
function grossMarginOf(file: unknown): number {
  const { grossMargin } = isPlainObject(file) ? file : {};
  const given = isPlainObject(grossMargin) ? grossMargin['default'] : undefined;
  return typeof given === 'number' && given > 0 && given <= 1 ? given : modelDefaults.grossMargin.default;
}

function ladderIn(part: Part): object {
  if (part.isMissing) return {};
  const name = part.text();
  if (isLadder(name)) return { tiers: { levels: ladders[name] } };
  if (name !== '') part.fault(`${name} ${unknownName('preset of tiers', name, ladderNames)}`);
  return { tiers: { levels: ladders.three } };
}
