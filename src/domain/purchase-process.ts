/** The purchase model a model file names, asked in one place: MBG/NBD decides, BG/NBD is there to compare. Time in weeks. */
import * as bg from './math/bg-nbd.ts';
import * as mbg from './math/mbg-nbd.ts';
import type { PurchaseHistory } from './math/mbg-nbd.ts';
import type { PurchaseModel } from './model-value.ts';

function formulas(model: PurchaseModel): Pick<typeof mbg, 'pAlive' | 'pBuyWithin' | 'expectedPurchases'> {
  return model.process === 'mbg-nbd' ? mbg : bg;
}

/** Probability of being a customer still. */
export function pAlive(model: PurchaseModel, history: PurchaseHistory): number {
  return formulas(model).pAlive(model, history);
}

/** Probability of a purchase within `weeks` from now. */
export function pBuyWithin(model: PurchaseModel, history: PurchaseHistory, weeks: number): number {
  return formulas(model).pBuyWithin(model, history, weeks);
}

/** Expected purchase days within `weeks` from now. */
export function expectedPurchases(model: PurchaseModel, history: PurchaseHistory, weeks: number): number {
  return formulas(model).expectedPurchases(model, history, weeks);
}
