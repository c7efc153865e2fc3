import { describe, expect, it, onTestFinished } from 'vitest';
import { makePool, parse } from '../test/measured-world.ts';
import { readOpenMetrics } from '../test/openmetrics-reader.ts';
import { ExemplarKeeper } from './exemplars.ts';
import { INSTRUMENTS } from './instruments.ts';
import { prometheusMetrics, prometheusText } from './prometheus-text.ts';

const POOL = 'db_client_connection_pool_name';
const OPEN = { format: 'openmetrics' } as const;
const WAIT = 'db_client_connection_wait_time_seconds';
const trace = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) };

function makeKeeper(): ExemplarKeeper {
  const keeper = new ExemplarKeeper();
  onTestFinished(() => keeper.stop());
  return keeper;
}

/** A pool of which somebody has waited for 70 ms. */
async function makeUsedPool(name = 'main') {
  const { pool, clock } = makePool({ name, size: 1, maxOverflow: 0 });
  const lease = await pool.acquire();
  const waiting = pool.acquire();
  await clock.advance(70);
  lease.release();
  (await waiting).release();
  return pool;
}

describe('the text as OpenMetrics', () => {
  it('of no pool is only its end', () => {
    expect(prometheusText([], OPEN)).toBe('# EOF\n');
  });

  it('is what the specification allows, and has all families', async () => {
    const pools = [await makeUsedPool('orders'), makePool({ name: 'a "b" \\ c', minIdle: 1 }).pool];
    const families = readOpenMetrics(prometheusText(pools, OPEN));
    expect(families.size).toBe(INSTRUMENTS.length);
    expect(families.get('lifeguard_loop_blocked_time_seconds')).toMatchObject({
      type: 'counter',
      unit: 'seconds',
      samples: [{ name: 'lifeguard_loop_blocked_time_seconds_total' }],
    });
    expect(families.get('lifeguard_leaks')?.unit).toBeUndefined();
    expect(families.get('db_client_connection_max')?.samples.map(({ labels }) => labels[POOL])).toEqual([
      'a "b" \\ c',
      'orders',
    ]);
  });

  it('says the same as the other one', async () => {
    const pool = await makeUsedPool();
    const written = [...readOpenMetrics(prometheusText([pool], OPEN)).values()].flatMap(
      ({ samples }) => samples,
    );
    const values = new Map(
      written.map(({ name, labels, value }) => {
        const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text.replace(/\.0$/, '')}"`);
        return [pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`, value];
      }),
    );
    expect(values).toEqual(parse(prometheusText([pool])));
  });

  it('has the latest exemplar of each bucket, as long as somebody keeps them', async () => {
    const pool = await makeUsedPool();
    const keeper = makeKeeper();
    keeper.keep(pool, 'wait', { ...trace, ms: 60, at: 1_000 });
    keeper.keep(pool, 'wait', { ...trace, ms: 70, at: 1_700_000_000_123 });
    keeper.keep(pool, 'wait', { ...trace, ms: 20_000, at: 2_000 });
    const waits = () => readOpenMetrics(prometheusText([pool], OPEN)).get(WAIT)?.samples ?? [];
    expect(
      waits().flatMap(({ labels, exemplar }) => (exemplar === undefined ? [] : [[labels['le'], exemplar]])),
    ).toEqual([
      [
        '0.1',
        { labels: { trace_id: trace.traceId, span_id: trace.spanId }, value: 0.07, at: 1_700_000_000.123 },
      ],
      ['+Inf', expect.objectContaining({ value: 20, at: 2 })],
    ]);
    expect(prometheusText([pool])).not.toContain('trace_id');
    expect(prometheusText([pool.snapshot()], OPEN)).not.toContain('trace_id');
    keeper.stop();
    expect(prometheusText([pool], OPEN)).not.toContain('trace_id');
  });

  it('puts an exemplar that is as long as a bound into its bucket', async () => {
    const pool = await makeUsedPool();
    makeKeeper().keep(pool, 'wait', { ...trace, ms: 100, at: 0 });
    expect(prometheusText([pool], OPEN)).toContain(`le="0.1"} 2 # {trace_id="${trace.traceId}",`);
  });

  it('is asked for by its name', () => {
    expect(prometheusMetrics([])(OPEN)).toBe('# EOF\n');
    expect(() => prometheusText([], { format: 'protobuf' as never })).toThrow('"text" or "openmetrics"');
    expect(() => prometheusText([], { fromat: 'text' } as never)).toThrow('did you mean "format"?');
  });
});

describe('a reader as strict as that', () => {
  const family = (lines: string, type = 'gauge') => `# TYPE a ${type}\n# HELP a A.\n${lines}# EOF\n`;

  it.each([
    ['no end', '# TYPE a gauge\n# HELP a A.\na 1\n'],
    ['a counter without _total', family('a 1\n', 'counter')],
    ['a unit that is not in the name', '# TYPE a gauge\n# UNIT a seconds\n# HELP a A.\na 1\n# EOF\n'],
    ['the same line twice', family('a{b="1"} 1\na{b="1"} 2\n')],
    ['an exemplar of a gauge', family('a 1 # {trace_id="1"} 1 1\n')],
    [
      'a bound that is not canonical',
      family('a_bucket{le="1"} 1\na_bucket{le="+Inf"} 1\na_count 1\n', 'histogram'),
    ],
    [
      'an exemplar above its bound',
      family('a_bucket{le="1.0"} 1 # {t="1"} 2 1\na_bucket{le="+Inf"} 1\na_count 1\n', 'histogram'),
    ],
    ['too many labels', family(`a_total 1 # {t="${'x'.repeat(128)}"} 1 1\n`, 'counter')],
  ])('refuses %s', (_, text) => {
    expect(() => readOpenMetrics(text)).toThrow();
  });
});
