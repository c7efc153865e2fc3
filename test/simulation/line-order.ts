import type { Call } from './calls.ts';
import { TICK_MS } from './grants.ts';
import type { Suspect } from './order-oracle.ts';
import type { World } from './world.ts';

/** Each is put in front when there is time for so many leases, or more. */
const LEASES_LEFT = 2;
const NEARLY = 0.8;
/** Nobody is passed over for longer, whatever its own limit. */
const LONGEST_MS = 30_000;

/** Among those of one priority and tenant. `line` are the others of them who wait, in the order in which they came. */
export function judgeLine(world: World, call: Call, line: readonly Call[], suspect: Suspect): void {
  const earlier = line.filter((each) => each.id < call.id && !call.madeInside.includes(each));
  if (world.options.queuePolicy === 'fifo') {
    for (const each of earlier) suspect([each], `${call.label} overtook ${each.label}`);
    return;
  }
  if (mayPress(call, world.clock.now())) {
    if (earlier.length > 0) world.note('pressing-first', call.label);
    return;
  }
  const later = line.filter(
    (each) => each.id > call.id && !each.madeInside.includes(call) && !world.calls.isEntering(each),
  );
  judgeControlled(world, call, { earlier, later }, suspect);
}

/** A call that is not pressed for time is served: it must be the first, or where that has waited long, the newest. */
function judgeControlled(
  world: World,
  call: Call,
  { earlier, later }: { readonly earlier: readonly Call[]; readonly later: readonly Call[] },
  suspect: Suspect,
): void {
  const { clock, holdTimes } = world;
  const now = clock.now();
  const [first] = earlier;
  const isLong = holdTimes.mayBeLong(now - (first ?? call).startedAt);
  for (const each of earlier) {
    if (!isLong) suspect([each], `${call.label} overtook ${each.label}, and nobody has waited long`);
    if (mustPress(world, each))
      suspect([each], `${call.label} overtook ${each.label}, for which it is nearly too late`);
  }
  if (first !== undefined) world.note('newest-first', call.label);
  const isSurelyLong = holdTimes.mustBeLong(now - call.startedAt);
  for (const each of later) {
    if (mayPress(each, now)) continue;
    if (first !== undefined)
      suspect([first, each], `${call.label}, between ${first.label} and ${each.label}, was served`);
    if (isSurelyLong) suspect([each], `${call.label} has waited long, and was served before ${each.label}`);
  }
}

/** How long it would wait at most; whether it gives up before its session ends is left open. */
function patienceMs({ startedAt, deadlineAt, sessionEndsAt }: Call): number {
  return Math.min(deadlineAt - startedAt, sessionEndsAt - startedAt, LONGEST_MS);
}

/** Whether it may have been put in front: half of its time is over. Within a session, a half of that may be kept for the lease. */
function mayPress(call: Call, now: number): boolean {
  const sessionMs = (call.sessionEndsAt - call.startedAt) / 2;
  return now - call.startedAt >= Math.min(patienceMs(call), sessionMs) / 2;
}

/** Whether it must have been put in front, going by what was known when it came; a little less, as more became known in that moment. */
function mustPress({ clock, stalledUntil }: World, call: Call): boolean {
  const ms = patienceMs(call);
  const pressingAt = call.startedAt + Math.max(ms / 2 + TICK_MS, ms - LEASES_LEFT * call.leastHold * NEARLY);
  return call.leastHold > 0 && clock.now() > Math.max(pressingAt, stalledUntil);
}
