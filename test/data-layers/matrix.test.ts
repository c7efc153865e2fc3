// Each data layer, each thing that goes wrong: the caller sees our error or its own, the slot is free, nothing is lost, the process lives.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { LAYERS } from './layers/index.ts';
import { MatrixWorld } from './matrix-world.ts';
import { renderMatrix, withMatrix } from './render-matrix.ts';
import { SCENARIOS } from './scenarios.ts';
import type { Seen } from './scenarios.ts';

const PAGE = join(import.meta.dirname, '../../docs/data-layers/README.md');
const seen = new Map<string, Map<string, Seen>>();
const strays: unknown[] = [];
const note = (error: unknown): void => void strays.push(error);
process.on('unhandledRejection', note);
process.on('uncaughtException', note);
afterAll(() => {
  process.off('unhandledRejection', note);
  process.off('uncaughtException', note);
});

describe.each(LAYERS)('$name', (layer) => {
  it.each(SCENARIOS)('$name', async (scenario) => {
    await using world = await MatrixWorld.open(layer, inject('databaseUrl'));
    const result = await scenario.run(world);
    expect(['ours', 'its own', 'explained', 'the layer’s', 'not there']).toContain(result);
    await world.expectWell();
    expect(strays.splice(0)).toEqual([]);
    const row = seen.get(scenario.name) ?? new Map<string, Seen>();
    seen.set(scenario.name, row.set(layer.name, result));
  });
});

it('the table of docs/data-layers says what was seen', () => {
  const page = readFileSync(PAGE, 'utf8');
  const table = renderMatrix(
    LAYERS.map(({ name }) => name),
    seen,
  );
  if (process.env['LG_WRITE'] === '1') writeFileSync(PAGE, withMatrix(page, table));
  else expect(withMatrix(page, table)).toBe(page);
});
