// Special functions against mpmath (fixture: origin inside), and the laws that tie them together.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { betaMean } from '../../../src/domain/math/beta-mean.ts';
import { discountedAlive, purchasesAlive } from '../../../src/domain/math/expected-purchases.ts';
import { scaledExponentialIntegral } from '../../../src/domain/math/exponential-integral.ts';
import { digamma, lnBeta, lnGamma, lnRise, logAddExp } from '../../../src/domain/math/gamma.ts';
import { hypergeometric } from '../../../src/domain/math/hypergeometric.ts';
import { nbdPmf, nbdTail } from '../../../src/domain/math/nbd.ts';
import reference from '../fixtures/special-functions.json' with { type: 'json' };

/** Error beside the size of the value, absolute for values below 1. */
function error(actual: number, expected: number): number {
  return Math.abs(actual - expected) / Math.max(1, Math.abs(expected));
}

function relative(actual: number, expected: number): number {
  return Math.abs(actual / expected - 1);
}

describe('lnGamma', () => {
  it.each(reference.lnGamma)('is right to 6e-15 at %d', (z = 0, value = 0) => {
    expect(error(lnGamma(z), value)).toBeLessThan(6e-15);
  });
});

describe('digamma', () => {
  it.each(reference.digamma)('is right to 2e-15 at %d', (z = 0, value = 0) => {
    expect(error(digamma(z), value)).toBeLessThan(2e-15);
  });
});

describe('lnRise', () => {
  it.each(reference.lnRise)(
    'is right to 2e-15 at %d, %d, a step far below the argument included',
    (z = 0, d = 0, value = 0) => {
      expect(error(lnRise(z, d), value)).toBeLessThan(2e-15);
    },
  );
});

describe('lnBeta', () => {
  it.each(reference.lnBeta)('is right to 6e-15 at %d, %d, either way round', (a = 0, b = 0, value = 0) => {
    expect(error(lnBeta(a, b), value)).toBeLessThan(6e-15);
    expect(error(lnBeta(b, a), value)).toBeLessThan(6e-15);
  });
});

describe('logAddExp', () => {
  it('adds what would overflow or vanish', () => {
    expect(logAddExp(1_000, 1_000)).toBeCloseTo(1_000 + Math.LN2, 12);
    expect(logAddExp(-Infinity, -5)).toBe(-5);
    expect(logAddExp(-Infinity, -Infinity)).toBe(-Infinity);
  });
});

describe('hypergeometric', () => {
  it.each(reference.hyp2f1)('is right to 2e-15 at %d, %d; %d; %d', (a = 0, b = 0, c = 0, z = 0, value = 0) => {
    expect(relative(hypergeometric(a, b, c, z), value)).toBeLessThan(2e-15);
  });

  it('says NaN instead of a sum that has not converged', () => {
    expect(hypergeometric(0.5, 0.5, 0.2, 0.999999)).toBeNaN();
    expect(hypergeometric(1e6, 1e6, 2, 0.5)).toBeNaN();
  });
});

describe('scaledExponentialIntegral', () => {
  it.each(reference.scaledEn)('is right to 2e-11 at order %d, z %d', (n = 0, z = 0, value = 0) => {
    expect(relative(scaledExponentialIntegral(n, z), value)).toBeLessThan(2e-11);
  });
});

describe('betaMean', () => {
  it('integrates the density to 1 and u to a / (a + b), flat or needle-sharp', () => {
    const parameter = fc.double({ min: -3, max: 4, noNaN: true }).map((exponent) => 10 ** exponent);
    fc.assert(
      fc.property(parameter, parameter, (a, b) => {
        expect(
          relative(
            betaMean(() => 1, a, b),
            1,
          ),
        ).toBeLessThan(1e-9);
        expect(
          relative(
            betaMean((u) => u, a, b),
            a / (a + b),
          ),
        ).toBeLessThan(1e-9);
        expect(
          relative(
            betaMean((_, complement) => complement, a, b),
            b / (a + b),
          ),
        ).toBeLessThan(1e-9);
      }),
      { numRuns: 200 },
    );
  });
});

describe('purchasesAlive', () => {
  it.each(reference.purchasesAlive)(
    'is right to 1e-12 at a %d, c %d, s %d, z %d, removable singularities included',
    (a = 0, c = 0, s = 0, z = 0, value = 0) => {
      expect(relative(purchasesAlive({ a, c, s, age: 1 }, z / (1 - z)), value)).toBeLessThan(1e-12);
    },
  );

  it('does not jump where the closed form hands over to the integral', () => {
    for (const [low, high] of [
      [1.000099, 1.000101],
      [0.999899, 0.999901],
    ] as const) {
      const at = (a: number): number => purchasesAlive({ a, c: 4.2, s: 2.2, age: 10 }, 30);
      expect(relative(at(low), at(high))).toBeLessThan(1e-5);
      expect(at(low)).toBeGreaterThan(at(high));
    }
  });

  it('is the mean over the chance to leave, for every parameter', () => {
    const parameter = fc.double({ min: -2, max: 2.7, noNaN: true }).map((exponent) => 10 ** exponent);
    fc.assert(
      fc.property(parameter, parameter, parameter, fc.double({ min: 0.01, max: 0.94, noNaN: true }), (a, b, s, z) => {
        const ratio = z / (1 - z);
        const mean = betaMean((u) => (u < 1e-150 ? s * ratio : -Math.expm1(-s * Math.log1p(u * ratio)) / u), a, b + 1);
        expect(relative(purchasesAlive({ a, c: a + b, s, age: 1 }, ratio), mean)).toBeLessThan(1e-7);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is 0 within no time', () => {
    expect(purchasesAlive({ a: 0.8, c: 4, s: 2, age: 10 }, 0)).toBe(0);
  });
});

describe('discountedAlive', () => {
  it('is the discounted sum of what purchasesAlive adds, slice by slice', () => {
    const buyer = { a: 0.891, c: 4.505, s: 2.525, age: 45 };
    const discount = 0.05;
    let sum = 0;
    for (let t = 0; t < 800; t += 0.25) {
      sum += Math.exp(-discount * (t + 0.125)) * (purchasesAlive(buyer, t + 0.25) - purchasesAlive(buyer, t));
    }
    expect(relative(discountedAlive(buyer, discount), sum)).toBeLessThan(1e-4);
  });
});

describe('nbdTail', () => {
  it('is what the probabilities of fewer purchases leave, on both sides of the mean', () => {
    const model = { r: 0.525, alpha: 6.183 };
    for (const n of [0, 1, 3, 4, 10]) {
      let below = 0;
      for (let j = 0; j < n; j += 1) below += nbdPmf(model, j, 39);
      expect(nbdTail(model, n, 39)).toBeCloseTo(1 - below, 12);
    }
  });
});
