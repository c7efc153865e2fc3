import { Pool } from '@lifeguard/core';
import { DURATION_BOUNDS_MS, seededRandom } from '@lifeguard/core/adapter';
import type { PoolOptions } from '@lifeguard/core';
import { FakeConnector, ManualClock } from '@lifeguard/core/testing';
import type { FakeConnection } from '@lifeguard/core/testing';

const logger = { warn: () => undefined, error: () => undefined };

/** A pool of fake connections, on a clock that stands still. */
export function makePool(
  options: PoolOptions = {},
  clock: ManualClock = new ManualClock(),
): { pool: Pool<FakeConnection>; clock: ManualClock; connector: FakeConnector } {
  const connector = new FakeConnector();
  const pool = new Pool(connector, {
    size: 2,
    maxOverflow: 1,
    random: seededRandom(1),
    logger,
    clock,
    ...options,
  });
  return { pool, clock, connector };
}

/** Prometheus' text read back: each line's name and labels, as they are written, with its value. */
export function parse(text: string): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  const described = new Set<string>();
  for (const line of text.split('\n').slice(0, -1)) {
    const comment = /^# (HELP|TYPE) ([a-z_]+) (?:.+)$/.exec(line);
    if (comment !== null) {
      const [, kind = '', name = ''] = comment;
      if (described.has(`${kind} ${name}`)) throw new Error(`described twice: ${line}`);
      described.add(`${kind} ${name}`);
      continue;
    }
    const [, series = '', name = '', value = ''] =
      /^(([a-z_]+)(?:\{[a-z_]+="(?:[^"\\]|\\.)*"(?:,[a-z_]+="(?:[^"\\]|\\.)*")*\})?) (\d[\d.e+-]*)$/.exec(
        line,
      ) ?? [];
    const family = described.has(`TYPE ${name}`) ? name : name.replace(/_(?:bucket|sum|count)$/, '');
    if (!described.has(`TYPE ${family}`) || !described.has(`HELP ${family}`))
      throw new Error(`not a line, or of nothing that was described: ${line}`);
    if (values.has(series)) throw new Error(`there twice: ${line}`);
    values.set(series, Number(value));
  }
  return values;
}

/** What a histogram of these durations must say. */
export function bucketsOf(durationsMs: readonly number[]): readonly number[] {
  return [...DURATION_BOUNDS_MS, Infinity].map((bound) => durationsMs.filter((each) => each <= bound).length);
}
