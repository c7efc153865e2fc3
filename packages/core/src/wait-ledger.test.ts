import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WaitLedger } from './wait-ledger.ts';

describe('the time that callers wait', () => {
  it('is shared by the leases that are open meanwhile', () => {
    const ledger = new WaitLedger();
    ledger.change(0, 0, 2);
    const before = ledger.read(100);
    ledger.change(100, 3, 2);
    expect(ledger.read(300) - before).toBe(300);
    ledger.change(300, 0, 2);
    expect(ledger.read(900) - before).toBe(300);
  });

  it('is nobody’s fault while no lease is open, and never runs backwards', () => {
    const ledger = new WaitLedger();
    ledger.change(0, 5, 0);
    expect(ledger.read(1_000)).toBe(0);
    ledger.change(1_000, 5, 1);
    expect(ledger.read(900)).toBe(0);
  });

  it('is charged in full: what all leases are charged is what all callers waited', () => {
    const step = fc.record({
      afterMs: fc.integer({ min: 0, max: 100 }),
      what: fc.constantFrom('open', 'close', 'wait', 'serve'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const ledger = new WaitLedger();
        const open: number[] = [];
        let [now, pending, waited, charged] = [0, 0, 0, 0];
        for (const { afterMs, what } of steps) {
          now += afterMs;
          if (open.length > 0) waited += afterMs * pending;
          if (what === 'open') open.push(ledger.read(now));
          const first = what === 'close' ? open.shift() : undefined;
          if (first !== undefined) charged += ledger.read(now) - first;
          if (what === 'wait') pending += 1;
          if (what === 'serve') pending = Math.max(0, pending - 1);
          ledger.change(now, pending, open.length);
        }
        for (const before of open) charged += ledger.read(now) - before;
        expect(charged).toBeCloseTo(waited, 6);
      }),
    );
  });
});
