import type { PoolSnapshot } from '@lifeguard/core';
import { span } from '../line.ts';
import type { Span } from '../line.ts';

/** Narrower screens have no bar. */
const ROOM = 60;
const WIDEST = 40;

/**
 * How much of a pool is in use, as `[||||||++....]`: `|` is in use, `+` is in use beyond the base size, `.` is free. Nothing
 * where the pool has no limit, or the screen no room.
 */
export function usageBar({ used, size, max }: PoolSnapshot, columns: number): Span[] {
  // JSON has no infinity.
  const isLimited = typeof max === 'number' && Number.isFinite(max) && max > 0;
  if (!isLimited || columns < ROOM) return [];
  const width = Math.min(max, WIDEST, Math.floor(columns / 4));
  const full = barsOf(used, max, width);
  const base = Math.min(full, Math.max(barsOf(Math.min(used, size), max, width), 0));
  const colour = used >= max ? 'red' : 'green';
  return [
    span('['),
    span('|'.repeat(base), colour),
    span('+'.repeat(full - base), used >= max ? 'red' : 'yellow'),
    span('.'.repeat(width - full), 'dim'),
    span('] '),
  ];
}

/** A single one in use is seen, and so is a single one that is free. */
function barsOf(used: number, max: number, width: number): number {
  if (used >= max) return width;
  const bars = Math.round((used / max) * width);
  return used > 0 ? Math.max(1, Math.min(width - 1, bars)) : 0;
}
