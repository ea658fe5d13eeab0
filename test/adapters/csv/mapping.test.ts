/** Presets and --map: what they resolve to and every way to get them wrong. */
import { describe, expect, it } from 'vitest';
import { type MappingOptions, resolveMapping } from '../../../src/adapters/csv/mapping.ts';

const map = 'customerId=id,occurredAt=at';

describe('resolveMapping', () => {
  it('resolves a preset with the documented defaults', () => {
    expect(resolveMapping('cdnow', {})).toEqual({
      event: 'purchase',
      columns: { customerId: 'customer_id', occurredAt: 'date', amount: 'amount_usd' },
      currency: 'USD',
      timeOfDay: '12:00:00Z',
      delimiter: ',',
      optional: [],
    });
  });

  it('lets options override a preset', () => {
    const options = { currency: 'EUR', timeOfDay: '08:00:00+01:00', delimiter: ';' };
    expect(resolveMapping('cdnow', options)).toMatchObject(options);
  });

  it('reads a mapping, spaces around names and a tab as delimiter', () => {
    expect(resolveMapping('generic', { map: ' customerId = Id , occurredAt=a=b', delimiter: '\\t' })).toMatchObject({
      columns: { customerId: 'Id', occurredAt: 'a=b' },
      delimiter: '\t',
    });
  });

  it.each<[string, MappingOptions, RegExp]>([
    ['cdonw', {}, /unknown preset cdonw; .* Did you mean cdnow\?/],
    ['cdnow', { map }, /go with the preset generic/],
    ['cdnow', { event: 'survey' }, /go with the preset generic/],
    ['generic', {}, /generic needs --map/],
    ['generic', { map: 'customerID=a,occurredAt=b' }, /unknown field customerID\. Did you mean customerId\?/],
    ['generic', { map: 'customerId=,occurredAt=b' }, /no column for customerId/],
    ['generic', { map: 'customerId' }, /no column for customerId/],
    ['generic', { map: `${map},customerId=c` }, /gives customerId twice/],
    ['generic', { map: 'customerId=a' }, /lacks occurredAt, needed for --event purchase/],
    ['generic', { map, event: 'interaction' }, /lacks kind, needed for --event interaction/],
    ['generic', { map: `${map},score=s` }, /has score, which --event purchase has no use for/],
    ['generic', { map: `${map},quantity=q` }, /without sku/],
    ['generic', { map, event: 'visit' }, /--event visit is not one of/],
    ['generic', { map, currency: 'usd' }, /not an ISO 4217 code/],
    ['generic', { map, timeOfDay: '25:00:00Z' }, /--time-of-day/],
    ['generic', { map, timeOfDay: '12:00' }, /--time-of-day/],
    ['generic', { map, delimiter: '||' }, /--delimiter is not one character/],
  ])('refuses %s %j', (name, options, message) => {
    expect(() => resolveMapping(name, options)).toThrow(message);
  });
});
