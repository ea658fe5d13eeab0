/** How long a member may be sure, on clocks that are set by hand. */
import { describe, expect, it } from 'vitest';
import { Lease } from '../../../src/adapters/kafka/lease.ts';

function leaseAt() {
  const clock = { steadyMs: 1_000, wallMs: 1_000_000 };
  const pass = (ms: number): void => {
    clock.steadyMs += ms;
    clock.wallMs += ms;
  };
  return { clock, pass, lease: new Lease(10_000, () => ({ ...clock })) };
}

describe('Lease', () => {
  it('holds a session time-out from when an answered request was sent, not from its answer', () => {
    const { lease, pass } = leaseAt();
    lease.begin();
    expect(lease.holds()).toBe(false);
    const answered = lease.asking();
    pass(9_999);
    answered();
    expect(lease.holds()).toBe(true);
    pass(1);
    expect(lease.holds()).toBe(false);
  });

  it('is not renewed by the answer of a heartbeat sent before the process was frozen', () => {
    const { lease, pass } = leaseAt();
    lease.begin();
    const answered = lease.asking();
    pass(12_000);
    answered();
    expect(lease.holds()).toBe(false);
  });

  it('ends when another assignment is asked for, and what was sent before does not renew the next one', () => {
    const { lease, pass } = leaseAt();
    lease.begin();
    const before = lease.asking();
    before();
    const late = lease.asking();
    lease.end();
    expect(lease.holds()).toBe(false);
    const sync = lease.asking();
    sync();
    expect(lease.holds()).toBe(false);
    pass(100);
    lease.begin();
    late();
    expect(lease.holds()).toBe(false);
    sync();
    expect(lease.holds()).toBe(true);
  });

  it('is not lengthened by a clock that was set or stood still', () => {
    const { lease, clock } = leaseAt();
    lease.begin();
    lease.asking()();
    clock.wallMs += 10_000;
    expect(lease.holds()).toBe(false);
    clock.wallMs -= 20_000;
    expect(lease.holds()).toBe(false);
    clock.wallMs += 10_000;
    expect(lease.holds()).toBe(true);
  });
});
