import { describe, expect, it } from 'vitest';
import { PipelineDriver, startMs } from '../support/pipeline-driver.ts';

const day = 86_400_000;

describe('startService', () => {
  it('turns purchases into tier changes, states and positions of one transaction', async () => {
    const driver = new PipelineDriver();
    for (let n = 0; n < 12; n += 1) driver.buy('anna', startMs - (30 - n) * day, 5_000);
    driver.buy('bert', startMs - day, 900);
    const { service, telemetry, fatal } = await driver.start();

    await driver.settle();

    expect(fatal).toEqual([]);
    const changes = driver.tierChanges();
    expect(changes.filter(({ customerId }) => customerId === 'anna').map(({ direction }) => direction)[0]).toBe(
      'entered',
    );
    expect(driver.offsets()?.positions).toEqual({ purchases: 13, interactions: 0, surveys: 0 });
    expect(driver.state('anna')?.days).toHaveLength(12);
    expect(telemetry.outcome('applied')).toBe(13);
    expect(await service.stop(5_000)).toBe(true);
  });

  it('hands tasks over when instances join and leave, and every event is applied once', async () => {
    const driver = new PipelineDriver(4);
    const write = (from: number, to: number): void => {
      for (let n = from; n < to; n += 1) driver.buy(`customer-${n % 40}`, startMs - (700 - n) * day, 2_000, `r-${n}`);
    };
    write(0, 200);
    const first = await driver.start({ config: { commitRecords: 7 } });
    await driver.clock.sleep(300);
    const second = await driver.start({ config: { commitRecords: 7 } });
    write(200, 400);
    await driver.clock.sleep(150);
    const third = await driver.start({ config: { commitRecords: 7 } });
    write(400, 600);
    await driver.clock.sleep(50);
    await second.service.stop(5_000);
    await driver.settle();

    expect([first, second, third].flatMap(({ fatal }) => fatal)).toEqual([]);
    const applied = [first, second, third].reduce((sum, { telemetry }) => sum + telemetry.outcome('applied'), 0);
    expect(applied).toBe(600);
    expect(first.service.status().tasks.length + third.service.status().tasks.length).toBe(4);
    for (let n = 0; n < 40; n += 1) expect(driver.state(`customer-${n}`)?.days).toHaveLength(15);
    for (let partition = 0; partition < 4; partition += 1) {
      const seen = new Map<string, number>();
      for (const { customerId, sequence } of driver.tierChanges(partition)) {
        expect(sequence).toBe((seen.get(customerId) ?? 0) + 1);
        seen.set(customerId, sequence);
      }
    }
    await first.service.stop(5_000);
    await third.service.stop(5_000);
  });
});
