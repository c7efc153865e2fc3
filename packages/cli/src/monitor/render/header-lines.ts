import type { Recommendation } from '@lifeguard/core';
import { colourOf } from '../../paint.ts';
import type { PoolState } from '../../pool-state.ts';
import { durationText, numberText } from '../../render/number-text.ts';
import { flow, lineWidth, span } from '../line.ts';
import type { Line, Span } from '../line.ts';
import { ratesOf, suspectedOf } from '../look.ts';
import { shownPool } from '../monitor-state.ts';
import type { MonitorState } from '../monitor-state.ts';
import { rateText } from '../rates.ts';
import type { Rates } from '../rates.ts';
import { cutTo, shown } from '../text-width.ts';
import { usageBar } from './usage-bar.ts';

/** Who is looked at, and how often; at the right the time. */
export function titleLine(state: MonitorState, columns: number): Line {
  const { application } = state.look;
  const pid = application.pid === undefined ? '' : ` (pid ${numberText(application.pid)})`;
  const right = rightOf(state);
  const room = columns - lineWidth(right) - 2;
  const whole = `${shown(application.name, 100)}${pid}`;
  // Of a narrow screen the news comes first: that nothing is new.
  if (room < 8) return state.link.kind === 'lost' || state.pace === 'paused' ? right : [span(whole, 'bold')];
  const left = cutTo(whole, room);
  const gap = columns - lineWidth([span(left)]) - lineWidth(right);
  return [span(left, 'bold'), span(' '.repeat(gap)), ...right];
}

function rightOf({ link, pace, intervalMs, wallTime, now, lookedAt }: MonitorState): Line {
  const time = span(`  ${new Date(wallTime).toISOString().slice(11, 19)}Z`);
  if (link.kind === 'lost')
    return [span(`NO ANSWER, data is ${durationText(now - lookedAt)} old`, 'red'), time];
  if (pace === 'paused') return [span(`PAUSED, data is ${durationText(now - lookedAt)} old`, 'yellow'), time];
  return [span(`every ${intervalMs / 1_000}s`, 'dim'), time];
}

/** On a screen that is not even that wide there is the most important only. */
const NARROW = 40;

/** The state of the pool that is shown, or of all where all are; then what is wrong. */
export function headerLines(state: MonitorState, columns: number): Line[] {
  const pool = shownPool(state);
  if (state.tab === 'pools' || pool === undefined) return flow(totals(state), columns);
  if (columns < NARROW) return [shortLine(pool), ...flow(counts(pool, columns).slice(1), columns)];
  const rates = ratesOf(state.before, state.look, pool.snapshot.name);
  return [
    ...flow([...identity(state, pool), ...counts(pool, columns)], columns),
    ...flow(durations(pool, rates), columns),
    ...flow(totalsOf(pool, rates), columns),
    ...advice(pool),
  ];
}

function totals({ look }: MonitorState): Line[] {
  const sum = (of: (pool: PoolState) => number): number =>
    look.pools.reduce((all, pool) => all + of(pool), 0);
  const pending = sum(({ snapshot }) => snapshot.pending);
  const leaks = sum(suspectedOf);
  const omitted = look.omitted.length;
  return [
    [span(`${look.pools.length} pools`, 'bold')],
    [span(`used ${sum(({ snapshot }) => snapshot.used)}`)],
    [span(`idle ${sum(({ snapshot }) => snapshot.idle)}`)],
    [span(`pending ${pending}`, pending > 0 ? 'yellow' : undefined)],
    [span(`leaks ${leaks}`, leaks > 0 ? 'red' : undefined)],
    ...(omitted > 0 ? [[span(`${omitted} left out: ask for them by --pool`, 'yellow')]] : []),
  ];
}

function identity({ look, pool }: MonitorState, { snapshot, health }: PoolState): Line[] {
  const index = look.pools.findIndex((each) => each.snapshot.name === pool) + 1;
  const ofAll = look.pools.length > 1 ? ` ${index}/${look.pools.length}` : '';
  const state = snapshot.state === 'open' ? [] : [[span(shown(snapshot.state, 20).toUpperCase(), 'yellow')]];
  return [
    [span('pool '), span(shown(snapshot.name, 60), 'bold'), span(ofAll, 'dim')],
    [span(health, colourOf(health))],
    ...state,
  ];
}

function shortLine({ snapshot, health }: PoolState): Line {
  const { name, used, max } = snapshot;
  return [
    span(`${numberText(used)}/${numberText(max)} `, 'bold'),
    span(health, colourOf(health)),
    span(` ${shown(name, 60)}`),
  ];
}

function counts({ snapshot }: PoolState, columns: number): Line[] {
  const { used, max, idle, overflow, pending, oldestWaitMs, connecting, lost } = snapshot;
  return [
    [span('used '), ...usageBar(snapshot, columns), span(`${numberText(used)}/${numberText(max)}`, 'bold')],
    [span(`idle ${numberText(idle)}`)],
    [span(`overflow ${numberText(overflow)}`, overflow > 0 ? 'yellow' : undefined)],
    [span(`pending ${numberText(pending)}`, pending > 0 ? 'yellow' : undefined)],
    ...(pending > 0 ? [[span(`oldest wait ${durationText(oldestWaitMs)}`, 'yellow')]] : []),
    ...(connecting > 0 ? [[span(`connecting ${numberText(connecting)}`)]] : []),
    ...(lost > 0 ? [[span(`lost ${numberText(lost)}`, 'red')]] : []),
  ];
}

/** Since the pool was made; behind it, of the last interval alone. */
function durations({ snapshot: { waitTime, useTime } }: PoolState, rates: Rates | undefined): Line[] {
  return [
    durationLine('checkout', waitTime, rates?.meanWaitMs),
    durationLine('held', useTime, rates?.meanHeldMs),
  ];
}

function durationLine(
  label: string,
  { meanMs, p95Ms }: PoolState['snapshot']['waitTime'],
  latelyMs: number | undefined,
): Span[] {
  const lately = latelyMs === undefined ? [] : [span(', now '), span(durationText(latelyMs), 'bold')];
  return [span(`${label} avg ${durationText(meanMs)} p95 ${durationText(p95Ms)}`), ...lately];
}

function totalsOf(pool: PoolState, rates: Rates | undefined): Line[] {
  const { timeouts } = pool.snapshot.counters;
  const leaks = suspectedOf(pool);
  const lately = rates === undefined || rates.timeouts === 0 ? [] : [span(` +${rates.timeouts}`, 'red')];
  return [
    [span(`acquires ${rates === undefined ? '–' : rateText(rates.acquiredPerSecond)}`)],
    [span(`timeouts ${numberText(timeouts)}`), ...lately],
    [span(`leaks ${leaks}`, leaks > 0 ? 'red' : undefined)],
  ];
}

/** Recommendations that are shown. */
const MAX_ADVICE = 2;
const GRADES: readonly Recommendation['severity'][] = ['info', 'warning', 'critical'];

function advice({ diagnosis, reasons }: PoolState): Line[] {
  const worst = (diagnosis?.recommendations ?? [])
    .filter(({ severity }) => severity === 'warning' || severity === 'critical')
    .toSorted((one, other) => GRADES.indexOf(other.severity) - GRADES.indexOf(one.severity));
  if (worst.length === 0)
    return reasons.slice(0, MAX_ADVICE).map((reason) => [span(shown(reason, 400), 'yellow')]);
  return worst
    .slice(0, MAX_ADVICE)
    .map(({ severity, rule, summary }) => [
      span(severity, colourOf(severity)),
      span(` ${shown(rule, 60)}: `),
      span(shown(summary, 400)),
    ]);
}
