import type { Clock } from '@lifeguard/core';
import { EXIT } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import { codeOfLook } from './look.ts';
import type { Look } from './look.ts';
import { lostReason } from './lost-reason.ts';
import type { Watch } from './watch.ts';

/** What came of one look. */
export type Sighting =
  | { readonly kind: 'seen'; readonly look: Look; readonly before: Look | undefined }
  | { readonly kind: 'lost'; readonly why: string };

/** What a monitor without a screen works with. */
export interface LineParts {
  readonly watch: Pick<Watch, 'look'>;
  readonly clock: Clock;
  readonly intervalMs: number;
  readonly count: number;
  /** Nobody reads any more. */
  readonly gone: AbortSignal;
  /** Takes each look; `wallTime` is that of the answer, in milliseconds since the epoch. */
  readonly tell: (sighting: Sighting, wallTime: number) => void;
}

/** Tells of one look after the other, beginning with one that was had already; answers with the code of the last. */
export async function runLines(parts: LineParts, first: Look): Promise<ExitCode> {
  const { clock, count, gone, intervalMs } = parts;
  let askedAt = clock.now();
  let last: Look = first;
  let sighting: Sighting = { kind: 'seen', look: first, before: undefined };
  for (let told = 1; ; told += 1) {
    parts.tell(sighting, clock.wallTime());
    if (told >= count) break;
    await pause(clock, askedAt + intervalMs - clock.now(), gone);
    if (gone.aborted) break;
    askedAt = clock.now();
    sighting = await sight(parts.watch, last);
    if (gone.aborted) break;
    if (sighting.kind === 'seen') last = sighting.look;
  }
  return sighting.kind === 'lost' ? EXIT.unreachable : codeOfLook(sighting.look);
}

async function sight(watch: Pick<Watch, 'look'>, before: Look): Promise<Sighting> {
  try {
    return { kind: 'seen', look: await watch.look(), before };
  } catch (error) {
    return { kind: 'lost', why: lostReason(error) };
  }
}

/** Between an answer and the next question, in milliseconds. */
const LEAST_PAUSE = 100;

async function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = clock.setTimer(Math.max(LEAST_PAUSE, delayMs), resolve, { keepAlive: true });
  const stop = (): void => resolve();
  signal.addEventListener('abort', stop, { once: true });
  await promise;
  signal.removeEventListener('abort', stop);
  timer.cancel();
}
