// The silence at which P(buy within h) reaches a line.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pBuyWithin } from '../../../src/domain/math/mbg-nbd.ts';
import { silenceUntilPBuy } from '../../../src/domain/math/silence.ts';

const model = { r: 0.525, alpha: 6.183, a: 0.891, b: 1.614 };

describe('silenceUntilPBuy', () => {
  it('is where pBuyWithin has the line, for every history and line', () => {
    const parameter = fc.double({ min: -2, max: 2, noNaN: true }).map((exponent) => 10 ** exponent);
    const models = fc.record({ r: parameter, alpha: parameter, a: parameter, b: parameter });
    fc.assert(
      fc.property(
        fc.oneof(fc.constant(model), models),
        fc.integer({ min: 0, max: 300 }),
        fc.double({ min: 0, max: 300, noNaN: true }),
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        (one, x, age, share) => {
          const history = { x, tx: x === 0 ? 0 : age };
          const fresh = pBuyWithin(one, { ...history, T: history.tx }, 13);
          fc.pre(fresh > 1e-6);
          const line = share * fresh;
          const silence = silenceUntilPBuy(one, history, 13, line);
          expect(silence).not.toBeNull();
          const there = pBuyWithin(one, { ...history, T: history.tx + (silence ?? 0) }, 13);
          expect(Math.abs(there / line - 1)).toBeLessThan(1e-9);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('is null when the purchase itself left the customer at or under the line', () => {
    const history = { x: 2, tx: 30.43 };
    const fresh = pBuyWithin(model, { ...history, T: 30.43 }, 13);
    expect(silenceUntilPBuy(model, history, 13, fresh)).toBeNull();
    expect(silenceUntilPBuy(model, history, 13, fresh + 0.1)).toBeNull();
  });
});
