/**
 * Which column of a file is which field of an event, and the named presets. Shared by every command that reads
 * history from files; nothing here opens a file.
 */
import { currencyCodes, isCurrency } from '../../domain/money.ts';
import { suggestion } from '../../domain/nearest.ts';
import { isTimeOfDay } from './instant.ts';

export const eventTypes = ['purchase', 'interaction', 'survey'] as const;
export type EventType = (typeof eventTypes)[number];

/** Fields a column can be mapped to. `score`, `scaleMin` and `scaleMax` are of surveys only. */
export const mappedFields = [
  'customerId',
  'occurredAt',
  'amount',
  'orderId',
  'sku',
  'category',
  'quantity',
  'discount',
  'kind',
  'channel',
  'eventId',
  'score',
  'scaleMin',
  'scaleMax',
] as const;
export type MappedField = (typeof mappedFields)[number];

export interface FileMapping {
  readonly event: EventType;
  /** Column name by field; a discount may be the sum of several, `a+b`. */
  readonly columns: Readonly<Partial<Record<MappedField, string>>>;
  /** Fields that stay empty when no file has their column. */
  readonly optional: readonly MappedField[];
  /** ISO 4217 code of every amount. */
  readonly currency: string;
  /** Completes a date without a time, such as `12:00:00Z`. */
  readonly timeOfDay: string;
  readonly delimiter: string;
}

/** What the user gave on the command line; undefined = the preset's or the default. */
export interface MappingOptions {
  readonly map?: string | undefined;
  readonly currency?: string | undefined;
  readonly timeOfDay?: string | undefined;
  readonly event?: string | undefined;
  readonly delimiter?: string | undefined;
}

/** The mapping cannot be understood; the message says what to write instead. */
export class MappingError extends Error {
  override readonly name = 'MappingError';
}

const defaults = { event: 'purchase', currency: 'USD', timeOfDay: '12:00:00Z', delimiter: ',', optional: [] } as const;

/**
 * Known files by name. CDNOW's `quantity` counts CDs of an order without naming any, so it makes no line. Complete Journey
 * is its transactions, with its products beside them for the categories: the 290 product categories, not the 26 departments,
 * since cross-buy is about what a household has not bought yet.
 */
export const presets: Readonly<Record<string, FileMapping>> = {
  cdnow: { ...defaults, columns: { customerId: 'customer_id', occurredAt: 'date', amount: 'amount_usd' } },
  completejourney: {
    ...defaults,
    columns: {
      customerId: 'household_id',
      occurredAt: 'transaction_timestamp',
      amount: 'sales_value',
      orderId: 'basket_id',
      sku: 'product_id',
      category: 'product_category',
      quantity: 'quantity',
      discount: 'retail_disc+coupon_disc+coupon_match_disc',
    },
    optional: ['category', 'discount'],
  },
};

/** Name of the mapping that is all the user's. */
export const genericPreset = 'generic';

const allowed: Readonly<Record<EventType, readonly MappedField[]>> = {
  purchase: [
    'customerId',
    'occurredAt',
    'amount',
    'orderId',
    'sku',
    'category',
    'quantity',
    'discount',
    'kind',
    'channel',
    'eventId',
  ],
  interaction: ['customerId', 'occurredAt', 'kind', 'channel', 'eventId'],
  survey: ['customerId', 'occurredAt', 'kind', 'score', 'scaleMin', 'scaleMax', 'orderId', 'eventId'],
};

const required: Readonly<Record<EventType, readonly MappedField[]>> = {
  purchase: ['customerId', 'occurredAt'],
  interaction: ['customerId', 'occurredAt', 'kind'],
  survey: ['customerId', 'occurredAt', 'kind', 'score'],
};

/** Resolves a preset, or `generic` with its `--map`, and the options beside it. Throws: MappingError. */
export function resolveMapping(name: string, options: MappingOptions): FileMapping {
  const preset = presets[name];
  if (preset === undefined && name !== genericPreset) {
    const names = [...Object.keys(presets), genericPreset];
    throw new MappingError(`unknown preset ${name}; known are ${names.join(', ')}.${suggestion(name, names)}`);
  }
  if (preset !== undefined && (options.map ?? options.event) !== undefined) {
    throw new MappingError(`--map and --event go with the preset ${genericPreset}; ${name} has its own.`);
  }
  const event = eventTypes.find((type) => type === (options.event ?? defaults.event));
  if (event === undefined)
    throw new MappingError(`--event ${options.event ?? ''} is not one of ${eventTypes.join(', ')}.`);
  const columns = preset?.columns ?? parseMap(options.map);
  checkFields(event, columns);
  const mapping: FileMapping = {
    event,
    columns,
    optional: preset?.optional ?? [],
    currency: options.currency ?? preset?.currency ?? defaults.currency,
    timeOfDay: options.timeOfDay ?? preset?.timeOfDay ?? defaults.timeOfDay,
    delimiter: (options.delimiter ?? preset?.delimiter ?? defaults.delimiter).replace(/^\\t$/, '\t'),
  };
  if (!isCurrency(mapping.currency)) {
    const near = suggestion(mapping.currency, currencyCodes());
    throw new MappingError(`--currency ${mapping.currency} is not an ISO 4217 code.${near}`);
  }
  if (!isTimeOfDay(mapping.timeOfDay))
    throw new MappingError(`--time-of-day ${mapping.timeOfDay} is not HH:MM:SS with Z or an offset.`);
  if (!/^[^"\r\n]$/.test(mapping.delimiter))
    throw new MappingError('--delimiter is not one character (\\t for a tab).');
  return mapping;
}

function parseMap(text: string | undefined): FileMapping['columns'] {
  if (text === undefined)
    throw new MappingError(`${genericPreset} needs --map customerId=COLUMN,occurredAt=COLUMN[,…].`);
  const columns: Partial<Record<MappedField, string>> = {};
  for (const pair of text.split(',')) {
    const [name = '', column = ''] = pair.split(/=(.*)/s, 2).map((side) => side.trim());
    const field = mappedFields.find((known) => known === name);
    if (field === undefined)
      throw new MappingError(`--map has an unknown field ${name}.${suggestion(name, mappedFields)}`);
    if (column === '') throw new MappingError(`--map gives no column for ${field}: write ${field}=COLUMN.`);
    if (columns[field] !== undefined) throw new MappingError(`--map gives ${field} twice.`);
    columns[field] = column;
  }
  return columns;
}

function checkFields(event: EventType, columns: FileMapping['columns']): void {
  for (const field of required[event]) {
    if (columns[field] === undefined) throw new MappingError(`--map lacks ${field}, needed for --event ${event}.`);
  }
  for (const field of mappedFields) {
    if (columns[field] !== undefined && !allowed[event].includes(field)) {
      throw new MappingError(`--map has ${field}, which --event ${event} has no use for.`);
    }
  }
  if (columns.sku === undefined && (columns.quantity ?? columns.category) !== undefined) {
    throw new MappingError(
      '--map has quantity or category without sku: they describe a line, and a line needs its sku.',
    );
  }
}
