/** The JSON log lines, read back from a stream in memory. */
import { describe, expect, it } from 'vitest';
import { createLogger, redactedFields } from '../../../src/adapters/log/logger.ts';

function capture(level: 'info' | 'warn' | 'error' = 'info') {
  const lines: string[] = [];
  const destination = { write: (text: string) => lines.push(text) };
  const logger = createLogger({ level, base: { app: 'clientele' }, destination });
  return { logger, lines, records: () => lines.map((text): unknown => JSON.parse(text)) };
}

describe('createLogger', () => {
  it('writes one JSON object per line with event, level, ISO time and the base fields', () => {
    const { logger, lines, records } = capture();
    logger.info('task.running', { partition: 3 });
    expect(lines[0]).toMatch(/\n$/);
    expect(records()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
        app: 'clientele',
        partition: 3,
        event: 'task.running',
      },
    ]);
  });

  it('drops lines below its level', () => {
    const { logger, records } = capture('warn');
    logger.info('commit.done');
    logger.warn('commit.slow');
    logger.error('commit.lost');
    expect(records()).toMatchObject([{ event: 'commit.slow' }, { event: 'commit.lost' }]);
  });

  it.each(redactedFields)('never writes the field %s, at the top or one level down', (field) => {
    const { logger, lines } = capture();
    logger.info('record.seen', { [field]: 'customer-4711', record: { [field]: 'customer-4711' } });
    expect(lines.join('')).not.toContain('4711');
    expect(lines.join('')).toContain('[redacted]');
  });

  it('writes an Error with its type, message, stack and cause', () => {
    const { logger, records } = capture();
    logger.error('task.failed', { error: new TypeError('outer', { cause: new Error('inner') }) });
    expect(records()).toMatchObject([
      { error: { type: 'TypeError', message: expect.stringContaining('outer') as string } },
    ]);
    expect(JSON.stringify(records())).toContain('inner');
  });
});
