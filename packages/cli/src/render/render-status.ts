import { printable } from '@lifeguard/core/adapter';
import { paintGrade } from '../paint.ts';
import type { Paint } from '../paint.ts';
import type { PoolState } from '../pool-state.ts';
import { durationText, numberText } from './number-text.ts';

/** A table for each pool. */
export function renderStatus(title: string, pools: readonly PoolState[], paint: Paint): string {
  const head = paint('bold', printable(title));
  if (pools.length === 0) return `${head}\n  no pools`;
  return [head, ...pools.map((pool) => renderPool(pool, paint))].join('\n\n');
}

const LABEL = 18;

function renderPool({ snapshot, health, reasons }: PoolState, paint: Paint): string {
  const { size, max, used, idle, pending, oldestWaitMs, overflow, waitTime, counters, leases } = snapshot;
  const suspected = leases.filter((lease) => lease.suspected).length;
  const state = snapshot.state === 'open' ? '' : `, ${printable(String(snapshot.state), 20)}`;
  const rows: (readonly [string, string])[] = [
    ['pool size', `${numberText(size)}, up to ${numberText(max)} with overflow`],
    ['active', `${numberText(used)} of ${numberText(max)}, ${numberText(idle)} idle`],
    ['overflow in use', numberText(overflow)],
    ['pending', pending > 0 ? `${numberText(pending)}, the oldest for ${durationText(oldestWaitMs)}` : '0'],
    ['checkout time', `${durationText(waitTime.meanMs)} on average, p95 ${durationText(waitTime.p95Ms)}`],
    ['timeouts', numberText(counters.timeouts)],
    ['suspected leaks', suspected > 0 ? paint('red', String(suspected)) : '0'],
    ['health', `${paintGrade(paint, health)}${state}`],
    ...reasons.map((reason) => ['', printable(reason)] as const),
  ];
  const name = `pool ${paint('bold', printable(snapshot.name))}`;
  return [name, ...rows.map(([label, text]) => `  ${label.padEnd(LABEL)}${text}`)].join('\n');
}
