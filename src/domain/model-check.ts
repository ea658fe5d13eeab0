/**
 * From a plain object (a parsed model file) to a Model, whole or not at all: every fault at once, each with its path and,
 * where a name was probably mistyped, a suggestion. Defaults and a preset are laid under the file first, so they obey the
 * same rules. Deliberately no reading of files and no defaults for what is fitted.
 */
import { Part } from './check.ts';
import type { Fault, Findings } from './check.ts';
import { laidOver } from './merge.ts';
import { modelDefaults } from './model-defaults.ts';
import type { Model, Rings } from './model.ts';
import { currencyIn, ratesIn, zoneIn } from './money-check.ts';
import { underPreset } from './preset-check.ts';
import { churnIn, engagementIn, lifecycleIn, voiceIn } from './relation-check.ts';
import { factorsIn, tiersIn } from './scoring-check.ts';
import { clustersIn, rfmIn } from './segment-check.ts';
import { dayMs } from './time.ts';
import {
  clvIn,
  crossSellIn,
  grossMarginIn,
  priceSensitivityIn,
  purchaseIn,
  referralIn,
  spendIn,
  winBackIn,
} from './value-check.ts';

/** A model and what deserves a look in it, or everything that keeps the object from being one. */
export type ModelCheck =
  | { readonly ok: true; readonly model: Model; readonly warnings: readonly Fault[] }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** Ids remembered per customer and input at most: 256 of them are 4 kB of every state. */
const ringSizeMax = 256;
const intMax = 2 ** 31 - 1;

const requiredKeys = ['revision', 'currency', 'purchase', 'horizonDays', 'rfm', 'score', 'tiers'];
/** What a file may say beside what has a default. */
const optionalKeys = ['preset', 'medianBasketMarginMinor', 'repurchaseWindowDays'];

/** Checks a plain object as a model. The model is frozen deep. */
export function checkModel(input: unknown): ModelCheck {
  const findings: Findings = { faults: [], warnings: [] };
  const file = new Part(input, '', findings);
  const root = new Part(laidOver(modelDefaults, underPreset(file)), '', findings);
  root.object(requiredKeys, [...Object.keys(modelDefaults), ...optionalKeys]);
  const model = modelIn(root);
  warnOfMargin(file, model);
  const { faults, warnings } = findings;
  return faults.length > 0 ? { ok: false, faults } : { ok: true, model: frozen(model), warnings };
}

function modelIn(root: Part): Model {
  const currency = currencyIn(root.at('currency'));
  const zone = zoneIn(root.at('zone'));
  const horizonDays = root.at('horizonDays').number({ min: 1, max: 3_650 });
  const factors = factorsIn(root.at('score'));
  const tiers = root.at('tiers').object(['dwellDays', 'noticeDays', 'levels'], ['preset']);
  const repurchaseWindow = root.at('repurchaseWindowDays');
  return {
    revision: root.at('revision').number({ min: 1, max: intMax, isInteger: true }),
    currency,
    rates: ratesIn(root.at('rates'), currency, zone),
    zone,
    futureToleranceMs: root.at('futureToleranceMs').number({ min: 0, max: dayMs, isInteger: true }),
    rings: ringsIn(root.at('rings')),
    purchase: purchaseIn(root.at('purchase')),
    spend: spendIn(root.at('spend')),
    horizonDays,
    grossMargin: grossMarginIn(root.at('grossMargin')),
    clv: clvIn(root.at('clv')),
    referral: referralIn(root.at('referral')),
    crossSell: crossSellIn(root.at('crossSell')),
    winBack: root.at('winBack').nullable(winBackIn),
    priceSensitivity: priceSensitivityIn(root.at('priceSensitivity')),
    repurchaseWindowDays: repurchaseWindow.isMissing ? horizonDays : repurchaseWindow.number({ min: 1, max: 3_650 }),
    touchWindowDays: root.at('touchWindowDays').number({ min: 1, max: 365 }),
    rfm: rfmIn(root.at('rfm')),
    clusters: root.at('clusters').nullable(clustersIn),
    voice: voiceIn(root.at('voice')),
    engagement: engagementIn(root.at('engagement')),
    lifecycle: lifecycleIn(root.at('lifecycle'), horizonDays),
    churn: churnIn(root.at('churn')),
    factors,
    dwellMs: tiers.at('dwellDays').number({ min: 0, max: 3_650 }) * dayMs,
    noticeDays: tiers.at('noticeDays').number({ min: 0, max: 365 }),
    tiers: tiersIn(tiers.at('levels'), factors),
    attributes: attributesIn(root.at('attributes')),
  };
}

/** Without a margin, purchases of unknown cost count whole: said where something that judges depends on it. */
function warnOfMargin(file: Part, { factors, tiers }: Model): void {
  if (!file.at('grossMargin').at('default').isMissing) return;
  const priced: string[] = factors.filter(({ name }) => pricedNames.has(name)).map(({ name }) => name);
  if (tiers.some(({ profitFloorMinor }) => profitFloorMinor !== null)) priced.push('the profit floors');
  if (priced.length === 0) return;
  file
    .at('grossMargin')
    .warn(`has no default: purchases that carry no costs count as all profit in ${priced.join(', ')}`);
}

const pricedNames: ReadonlySet<string> = new Set(['profit365', 'clvHistoric', 'clvPredicted', 'potential']);

function ringsIn(part: Part): Rings {
  part.object(['purchases', 'interactions', 'surveys', 'credits']);
  const size = (name: keyof Rings): number => part.at(name).number({ min: 0, max: ringSizeMax, isInteger: true });
  return {
    purchases: size('purchases'),
    interactions: size('interactions'),
    surveys: size('surveys'),
    credits: size('credits'),
  };
}

function attributesIn(part: Part): Model['attributes'] {
  const entries = part.map().map((name) => {
    const values = part.at(name).list(1, 256);
    return [name, values.map((value) => value.text())] as const;
  });
  return Object.fromEntries(entries);
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.values(value).forEach(frozen);
    Object.freeze(value);
  }
  return value;
}
