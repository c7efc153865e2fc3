import { seededRandom } from '@lifeguard/core/adapter';
import { SERVICE_MS, jobs } from './load.ts';
import type { Job, Mix } from './load.ts';
import { Tally } from './tally.ts';
import type { Figures } from './tally.ts';
import { CONNECTIONS } from './virtual-contenders.ts';
import type { MakeContender } from './virtual-contenders.ts';
import { VirtualClock } from './virtual-clock.ts';

/** A load, and for how long. */
export interface VirtualLoad {
  /** In multiples of what the pool can serve. */
  readonly load: number;
  readonly mix: Mix;
  readonly seed: number;
  readonly seconds: number;
  /** Jobs that all come at the very beginning, with a deadline of their own. */
  readonly burst?: { readonly count: number; readonly deadlineMs: number };
}

/** Plays a load against a pool. The same arguments give the same figures, on any machine. */
export async function runVirtual(make: MakeContender, run: VirtualLoad): Promise<Figures> {
  const clock = new VirtualClock();
  const contender = make(clock);
  const endAt = run.seconds * 1_000;
  const capacity = (CONNECTIONS * endAt) / SERVICE_MS;
  const tally = new Tally();
  const send = (job: Job): void => void play(job);
  async function play({ deadlineMs, serviceMs }: Job): Promise<void> {
    const sentAt = clock.now();
    let grantedAt = NaN;
    let isInTime = false;
    tally.sent();
    try {
      await contender.run(deadlineMs, async () => {
        grantedAt = clock.now();
        await clock.sleep(serviceMs);
        // A hair of tolerance: instants are sums of fractions.
        isInTime ||= clock.now() - sentAt <= deadlineMs + 0.001;
      });
    } catch {
      // Turned away, or cut off at the end of its session, together with its connection.
    }
    const heldMs = Number.isNaN(grantedAt) ? 0 : Math.min(clock.now(), endAt) - Math.min(grantedAt, endAt);
    const tookMs = clock.now() - sentAt;
    const kind = isInTime ? 'in-time' : Number.isNaN(grantedAt) ? 'rejected' : 'late';
    tally.ended({ kind, tookMs, heldMs });
  }
  for (let count = run.burst?.count ?? 0; count > 0; count -= 1)
    send({ afterMs: 0, deadlineMs: run.burst?.deadlineMs ?? 0, serviceMs: SERVICE_MS });
  const source = jobs(seededRandom(run.seed), run.mix, (run.load * 1_000 * CONNECTIONS) / SERVICE_MS);
  const schedule = (): void => {
    const { value: job } = source.next();
    if (clock.now() + job.afterMs > endAt) return;
    clock.setTimer(job.afterMs, () => {
      send(job);
      schedule();
    });
  };
  schedule();
  await clock.run(endAt);
  // Whoever still waits when the time is up is answered later, or never: pg-pool without a limit keeps thousands.
  await clock.run(endAt + 5_000);
  const figures = tally.figures(capacity, CONNECTIONS * endAt);
  await Promise.all([contender.close(), clock.run(endAt + 10_000)]);
  return figures;
}
