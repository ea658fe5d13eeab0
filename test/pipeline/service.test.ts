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
});
