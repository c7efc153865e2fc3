import type { PoolHealth } from '@lifeguard/core';
import { printable } from '@lifeguard/core/adapter';
import { table } from '../layout.ts';
import { paintGrade } from '../paint.ts';
import type { Paint } from '../paint.ts';
import { numberText } from './number-text.ts';

/** One application of the list. */
export interface ApplicationRow {
  readonly pid: number;
  readonly name: string;
  readonly path: string;
  readonly pools: readonly { readonly name: string; readonly used: number; readonly max: number }[];
  /** `undefined` when it could not be asked; see `failure`. */
  readonly health: PoolHealth | undefined;
  readonly failure?: string;
}

const NAME = 40;

/** The applications, a line each. */
export function renderApplications(rows: readonly ApplicationRow[], paint: Paint): string {
  return table(
    ['PID', 'NAME', 'POOLS', 'HEALTH'],
    rows.map((row) => [
      row.pid,
      printable(row.name, NAME),
      row.pools.map(poolText).join(', ') || '–',
      row.health === undefined
        ? `no answer: ${printable((row.failure ?? '').split('\n')[0] ?? '')}`
        : paintGrade(paint, row.health),
    ]),
  );
}

function poolText({ name, used, max }: ApplicationRow['pools'][number]): string {
  return `${printable(name, NAME)} ${numberText(used)}/${numberText(max)}`;
}
