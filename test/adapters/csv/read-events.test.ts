/** Files on disk -> ordered events and refused rows. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { type FileMapping, resolveMapping } from '../../../src/adapters/csv/mapping.ts';
import { DataRefusedError } from '../../../src/pipeline/ports.ts';
import { type FileEvents, fileStem, readEvents } from '../../../src/adapters/csv/read-events.ts';

const directory = mkdtempSync(join(tmpdir(), 'clientele-csv-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});
const cdnow = resolveMapping('cdnow', {});

function file(name: string, content: string | Buffer): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

async function ids(path: string | readonly string[], mapping: FileMapping = cdnow): Promise<readonly string[]> {
  const { events } = await readEvents(typeof path === 'string' ? [path] : path, mapping);
  return events.map(({ event }) => event.eventId);
}

const rows =
  'customer_id,date,quantity,amount_usd\n00002,1997-01-12,5,77.00\n00001,1997-01-01,1,11.77\n00003,1997-01-01,1,2.00\n';

describe('readEvents', () => {
  it('orders events by event time and keeps the order of rows at one instant', async () => {
    expect(await ids(file('order.csv', rows))).toEqual(['order:2', 'order:3', 'order:1']);
  });

  it('gives the same ids and events for the plain and the packed file', async () => {
    const plain = await readEvents([file('same.csv', rows)], cdnow);
    const packed = await readEvents([file('same.csv.gz', gzipSync(rows))], cdnow);
    expect(packed.events).toEqual(plain.events);
  });

  it('reads the CDNOW columns: exact cents, noon UTC, leading zeros kept', async () => {
    const { events } = await readEvents([file('purchases.csv', rows)], cdnow);
    expect(events[0]).toMatchObject({
      input: 'purchases',
      event: {
        eventId: 'purchases:2',
        customerId: '00001',
        occurredAt: Date.UTC(1997, 0, 1, 12),
        kind: 'order',
        orderId: 'purchases:2',
        currency: 'USD',
        amountMinor: 1177,
        lines: [],
      },
    });
  });

  it('merges several files in event time', async () => {
    const later = file('b.csv', 'customer_id,date,quantity,amount_usd\n1,1997-01-02,1,1\n');
    const earlier = file('a.csv', 'customer_id,date,quantity,amount_usd\n1,1997-01-03,1,1\n1,1997-01-01,1,1\n');
    expect(await ids([later, earlier])).toEqual(['a:2', 'b:1', 'a:1']);
  });

  it('reads quoted fields with delimiters, quotes and line breaks, CRLF, a BOM and empty lines', async () => {
    const mapping = resolveMapping('generic', { map: 'customerId=Id,occurredAt=When', delimiter: ';' });
    const content = '\uFEFFId;"When"\r\n"a;""b""";2024-01-01\r\n\r\n"two\r\nlines";2024-01-02\r\n';
    const { events, rows: count } = await readEvents([file('quoted.csv', content)], mapping);
    expect(events.map(({ event }) => event.customerId)).toEqual(['a;"b"', 'two\r\nlines']);
    expect(count).toBe(2);
  });

  it('refuses rows with their number and reason and keeps the rest', async () => {
    const content =
      'customer_id,date,quantity,amount_usd\n' +
      ',1997-01-01,1,1.00\n1,1997-02-30,1,1.00\n1,1997-01-01,1,1.005\n1,1997-01-01,1\n1,1997-01-01,1,1.00\n';
    const path = file('faults.csv', content);
    const result = await readEvents([path], cdnow);
    expect(result.refused).toEqual([
      { file: path, row: 1, reason: 'customerId is empty' },
      { file: path, row: 2, reason: 'occurredAt is not YYYY-MM-DD, nor a date and time with a zone' },
      { file: path, row: 3, reason: 'amount has more than 2 decimals' },
      { file: path, row: 4, reason: 'row has 3 columns, the header 4' },
    ]);
    expect(result.events.map(({ event }) => event.eventId)).toEqual(['faults:5']);
    expect(result.rows).toBe(5);
    expect(result.events.length + result.refused.length).toBe(result.rows);
  });

  it.each([
    ['is never closed', '1,1997-01-01,1,1\n"2,1997-01-01,1,1\n3,1997-01-01,1,1\n', /line 4: a quote is not closed/],
    [
      'ends inside a field',
      '1,1997-01-01,1,1\n"2"x,1997-01-01,1,1\n3,1997-01-01,1,1\n',
      /line 3: a quote stands inside/,
    ],
    ['begins inside a field', 'a"b",1997-01-01,1,1\n', /line 2: a quote stands inside/],
    ['swallows a megabyte', `"${'x'.repeat(1_100_000)}`, /a row is longer than 1048576 bytes/],
  ])('refuses a whole file once a quote %s: rows after it cannot be told apart', async (_how, body, message) => {
    const path = file('quotes.csv', `customer_id,date,quantity,amount_usd\n${body}`);
    const reading = readEvents([path], cdnow);
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toBeInstanceOf(DataRefusedError);
  });

  it('suggests the column that was meant when one is missing', async () => {
    const path = file('columns.csv', 'customer_id,date,quantity,amount_us\n');
    await expect(readEvents([path], cdnow)).rejects.toThrow(
      /has no column amount_usd \(for amount\)\. Did you mean amount_us\?/,
    );
  });

  it('refuses an empty file and one that cannot be read', async () => {
    await expect(readEvents([file('empty.csv', '')], cdnow)).rejects.toThrow(/is empty: a header line is needed/);
    await expect(readEvents([join(directory, 'absent.csv')], cdnow)).rejects.toThrow(/ENOENT/);
    await expect(readEvents([file('bad.csv.gz', 'not packed')], cdnow)).rejects.toThrow(/header check/);
  });

  it('refuses two files whose event ids would collide, unless a column gives the ids', async () => {
    const one = file('same-name.csv', rows);
    const two = file('same-name.csv.gz', gzipSync(rows));
    await expect(readEvents([one, two], cdnow)).rejects.toThrow(/two files are called same-name/);
    const mapped = resolveMapping('generic', { map: 'customerId=customer_id,occurredAt=date,eventId=quantity' });
    expect(await ids([one, two], mapped)).toHaveLength(6);
  });
});

describe('a product table', () => {
  const mapping = resolveMapping('generic', { map: 'customerId=who,occurredAt=at,sku=article,category=group' });
  const orders = 'who,at,article\n1,2024-01-01,a\n1,2024-01-02,b\n1,2024-01-03,c\n';
  const products = 'article,name,group\na,Tea,drinks\nb,Salt,\n';
  const categories = ({ events }: FileEvents): unknown[] =>
    events.map(({ event }) => ('lines' in event ? event.lines[0]?.category : undefined));

  it('names the category of the articles in the other files, wherever it stands among them', async () => {
    const paths = [file('lines.csv', orders), file('products.csv', products)];
    for (const files of [paths, paths.toReversed()]) {
      const read = await readEvents(files, mapping);
      expect(categories(read)).toEqual(['drinks', null, null]);
      expect(read).toMatchObject({ rows: 3, products: 2, refused: [] });
    }
  });

  it('yields to a category the row itself has', async () => {
    const own = file('own.csv', 'who,at,article,group\n1,2024-01-01,a,gifts\n1,2024-01-02,a,\n');
    expect(categories(await readEvents([own, file('products.csv', products)], mapping))).toEqual(['gifts', 'drinks']);
  });

  it('has its faulty rows refused like any other', async () => {
    const path = file('faulty.csv', 'article,group\na,drinks\n,food\na,food\nb\n');
    const read = await readEvents([file('lines.csv', orders), path], mapping);
    expect(read.refused).toEqual([
      { file: path, row: 2, reason: 'sku is empty' },
      { file: path, row: 3, reason: 'sku has a category from another row' },
      { file: path, row: 4, reason: 'row has 1 columns, the header 2' },
    ]);
    expect(read.rows).toBe(read.events.length + read.refused.length);
  });

  it('must be there when no file has the mapped category', async () => {
    await expect(readEvents([file('lines.csv', orders)], mapping)).rejects.toThrow(/no column group \(for category\)/);
  });
});

describe('the preset completejourney', () => {
  const fixture = (name: string): string =>
    join(import.meta.dirname, '../../fixtures/completejourney', `${name}.csv.gz`);
  const journey = resolveMapping('completejourney', {});

  it('takes every row: 2,377 households, 23,393,524 cents, discounts, categories of all but unknown articles', async () => {
    const read = await readEvents([fixture('transactions'), fixture('products')], journey);
    const purchases = read.events.flatMap(({ event }) => ('lines' in event ? [event] : []));
    expect(read).toMatchObject({ rows: 75_000, products: 20_897, refused: [] });
    expect(purchases).toHaveLength(75_000);
    expect(new Set(purchases.map(({ customerId }) => customerId)).size).toBe(2_377);
    expect(purchases.reduce((sum, { amountMinor }) => sum + amountMinor, 0)).toBe(23_393_524);
    expect(purchases.filter(({ lines }) => lines.length === 0)).toHaveLength(416);
    expect(purchases.filter(({ discountMinor }) => discountMinor > 0).length).toBeGreaterThan(30_000);
    const unnamed = purchases.filter(({ lines: [line] }) => line?.category === null);
    expect(unnamed.length).toBeGreaterThan(0);
    expect(unnamed.length).toBeLessThan(200);
  });

  it('takes the transactions alone, then without categories', async () => {
    const head = 'household_id,basket_id,product_id,quantity,sales_value,transaction_timestamp\n';
    const path = file('few.csv', `${head}1,b,p,1.0,3.86,2017-01-28T19:06:53Z\n`);
    const { events } = await readEvents([path], journey);
    expect(events).toMatchObject([
      { event: { orderId: 'b', discountMinor: 0, lines: [{ sku: 'p', category: null, amountMinor: 386 }] } },
    ]);
  });
});

describe('fileStem', () => {
  it.each([
    ['/a/purchases.csv.gz', 'purchases'],
    ['orders.2024.csv', 'orders.2024'],
    ['plain', 'plain'],
    ['.hidden', '.hidden'],
  ])('of %s is %s', (path, stem) => {
    expect(fileStem(path)).toBe(stem);
  });
});
