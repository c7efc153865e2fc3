import { seededRandom } from '@lifeguard/core/adapter';
import type { Borrowed, Contender } from './contender.ts';
import { SERVICE_MS, jobs } from './load.ts';
import type { Job, Mix } from './load.ts';
import { CONNECTIONS } from './real-contenders.ts';
import { Tally } from './tally.ts';
import type { Figures } from './tally.ts';

const CAPACITY_SECONDS = 1;

/** A load on a real database, in multiples of what it has just been seen to serve. */
export interface RealLoad {
  readonly load: number;
  readonly mix: Mix;
  readonly seconds: number;
}

async function work(borrowed: Borrowed, serviceMs: number): Promise<void> {
  await borrowed.query?.('select pg_sleep($1)', [serviceMs / 1_000]);
}

/** Jobs a second that this pool serves when it always has one to do for each connection, and no more. */
async function measureCapacity(contender: Contender): Promise<number> {
  const until = performance.now() + CAPACITY_SECONDS * 1_000;
  let served = 0;
  const serve = async (): Promise<void> => {
    while (performance.now() < until) {
      await contender.run(10_000, (borrowed) => work(borrowed, SERVICE_MS));
      served += 1;
    }
  };
  // Once to open the connections.
  await Promise.all(
    Array.from({ length: CONNECTIONS }, () => contender.run(10_000, (each) => work(each, SERVICE_MS))),
  );
  await Promise.all(Array.from({ length: CONNECTIONS }, serve));
  return served / CAPACITY_SECONDS;
}

/** Puts a load on a pool, and counts until it is over; what waits then is let go. */
export async function runReal(
  contender: Contender,
  run: RealLoad,
): Promise<Figures & { readonly capacity: number }> {
  const capacity = await measureCapacity(contender);
  const tally = new Tally();
  const startedAt = performance.now();
  const endAt = startedAt + run.seconds * 1_000;
  const playing = new Set<Promise<void>>();

  async function play({ deadlineMs, serviceMs }: Job): Promise<void> {
    const sentAt = performance.now();
    let grantedAt = NaN;
    let isInTime = false;
    tally.sent();
    try {
      await contender.run(deadlineMs, async (borrowed) => {
        // The measurement is over: only those who wait are to be let go.
        if (performance.now() > endAt + 2_500) return;
        grantedAt = performance.now();
        await work(borrowed, serviceMs);
        isInTime ||= performance.now() - sentAt <= deadlineMs;
      });
    } catch {
      // Turned away, or cut off.
    }
    const now = performance.now();
    const isServed = !Number.isNaN(grantedAt);
    if (!isServed && now > endAt + 2_500) return;
    const heldMs = isServed ? Math.min(now, endAt) - Math.min(grantedAt, endAt) : 0;
    tally.ended({
      kind: isInTime ? 'in-time' : isServed ? 'late' : 'rejected',
      tookMs: now - sentAt,
      heldMs,
    });
  }

  const send = (job: Job): void => {
    const playingJob = play(job).finally(() => playing.delete(playingJob));
    playing.add(playingJob);
  };
  await sendAll(jobs(seededRandom(1), run.mix, run.load * capacity), startedAt, endAt, send);
  await Promise.all(playing);
  return { ...tally.figures(capacity * run.seconds, CONNECTIONS * run.seconds * 1_000), capacity };
}

/** Sends each job at its time, or as soon after it as the event loop allows. */
async function sendAll(
  source: Generator<Job, never, void>,
  startedAt: number,
  endAt: number,
  send: (job: Job) => void,
): Promise<void> {
  let job = source.next().value;
  let dueAt = startedAt + job.afterMs;
  while (dueAt < endAt) {
    for (const now = performance.now(); dueAt <= now && dueAt < endAt; dueAt += job.afterMs) {
      send(job);
      job = source.next().value;
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
