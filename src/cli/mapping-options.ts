/** The options by which a command that reads CSV files is told what its columns mean; adapters/csv/mapping.ts takes them. */
export const mappingOptions = {
  map: { type: 'string' },
  currency: { type: 'string' },
  'time-of-day': { type: 'string' },
  event: { type: 'string' },
  delimiter: { type: 'string' },
} as const;
