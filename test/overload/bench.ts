// How pools keep what they can serve when more is asked of them: `npm run bench:overload`, about twenty minutes.
// Writes docs/overload.json, and the tables in docs/overload.md. With `-- --short` it takes three minutes and only prints.

import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { databaseFromEnvironment, startPostgres } from '@lifeguard/testing';
import type { Mix } from './load.ts';
import { REAL_CONTENDERS } from './real-contenders.ts';
import { runReal } from './run-real.ts';
import { runVirtual } from './run-virtual.ts';
import { herdTable, insertTable, tableOf } from './table.ts';
import type { HerdRow, Row } from './table.ts';
import { CONTENDERS } from './virtual-contenders.ts';
import type { MakeContender } from './virtual-contenders.ts';
import { VirtualClock } from './virtual-clock.ts';

const isShort = process.argv.includes('--short');
const LOADS = isShort ? [0.8, 2, 10] : [0.8, 1, 1.5, 2, 5, 10];
const MIXES: readonly Mix[] = ['equal', 'mixed'];
const VIRTUAL_SECONDS = isShort ? 5 : 20;
const REAL_SECONDS = isShort ? 3 : 8;
const docs = join(import.meta.dirname, '..', '..', 'docs');

const herd = await playHerd();
const virtual = await playVirtual();
const real = await playReal();
if (!isShort) {
  writeFileSync(join(docs, 'overload.json'), `${JSON.stringify({ herd, virtual, real }, null, 1)}\n`);
  const page = join(docs, 'overload.md');
  let text = readFileSync(page, 'utf8');
  text = insertTable(text, 'herd', herdTable(herd));
  text = insertTable(text, 'virtual', tableOf(virtual));
  text = insertTable(text, 'real', tableOf(real));
  writeFileSync(page, text);
}

/** Three times each: what other processes do to the machine shows in the stalls. */
async function playHerd(): Promise<HerdRow[]> {
  const rows: HerdRow[] = [];
  for (const queuePolicy of ['fifo', 'controlled', 'fifo', 'controlled', 'fifo', 'controlled']) {
    const args = ['--expose-gc', join(import.meta.dirname, 'herd.ts'), queuePolicy];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    rows.push(JSON.parse(stdout) as HerdRow);
  }
  console.log(`A hundred thousand whose time is up at once\n\n${herdTable(rows)}\n`);
  return rows;
}

/** On a virtual clock: the same on every machine. */
async function playVirtual(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const mix of MIXES) {
    for (const load of LOADS) {
      for (const make of CONTENDERS) {
        rows.push({
          mix,
          load,
          name: await nameOf(make),
          ...(await runVirtual(make, { mix, load, seed: 1, seconds: VIRTUAL_SECONDS })),
        });
      }
    }
  }
  console.log(`On a virtual clock, ${VIRTUAL_SECONDS} s each\n\n${tableOf(rows)}\n`);
  return rows;
}

async function nameOf(make: MakeContender): Promise<string> {
  const contender = make(new VirtualClock());
  await contender.close();
  return contender.name;
}

/** On PostgreSQL, one after the other, so that those who are compared meet the same state of the machine. */
async function playReal(): Promise<Row[]> {
  const given = databaseFromEnvironment();
  const server = given === undefined ? await startPostgres() : undefined;
  const rows: Row[] = [];
  try {
    for (const mix of MIXES) {
      for (const load of LOADS) {
        for (const candidate of REAL_CONTENDERS) {
          const { name } = candidate;
          const contender = candidate.make(given ?? server?.url ?? '');
          try {
            rows.push({
              mix,
              load,
              name,
              ...(await runReal(contender, { mix, load, seconds: REAL_SECONDS })),
            });
          } finally {
            await contender.close();
          }
          console.log(tableOf(rows.slice(-1)).split('\n').at(-1));
        }
      }
    }
  } finally {
    await server?.stop();
  }
  return rows;
}
