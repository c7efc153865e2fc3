// A leaking service under load, on a plain pg.Pool and on Lifeguard, side by side: `npm run demo`.

import process from 'node:process';
import { styleText } from 'node:util';
import { databaseFromEnvironment, startPostgres } from '@lifeguard/testing';
import { checkClaims } from './demo/claims.ts';
import { describeFailure } from './demo/figures.ts';
import { LONG, planLoad, SHORT } from './demo/load-plan.ts';
import { readOptions, usage } from './demo/options.ts';
import * as render from './demo/render.ts';
import { runSide, type Second, type SideName, type SideResult } from './demo/run-side.ts';

const options = readOptions(process.argv.slice(2));
if (typeof options === 'string') {
  console.error(`${options}\n\n${usage}`);
  process.exit(2);
}
if (options.help) {
  console.log(usage);
  process.exit();
}

const { json, seed } = options;
const shape = options.short ? SHORT : LONG;
const out = json ? process.stderr : process.stdout;
const print = (text: string): void => void out.write(`${text}\n`);
const paint: render.Paint = (format, text) => styleText(format, text, { stream: out });

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (!interruption.signal.aborted) print(paint('dim', '\nstopping ...'));
    interruption.abort();
  });
}
// The reader has gone (`| head`): stop as for Ctrl-C.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => interruption.abort());

try {
  process.exitCode = await demonstrate(interruption.signal);
} catch (error) {
  const { aborted } = interruption.signal;
  if (!aborted) console.error(`\nthe demo cannot go on: ${describeFailure(error)}`);
  process.exitCode = aborted ? 130 : 1;
}

/** Returns the exit code: 1 when something that the demo claims did not hold. */
async function demonstrate(signal: AbortSignal): Promise<number> {
  print(render.renderIntro(paint));
  await using server = await openServer();
  const plan = planLoad(shape, seed);
  const run = async (name: SideName, details: string): Promise<SideResult> => {
    signal.throwIfAborted();
    print(render.renderSideTitle(name, details, paint));
    const onSecond = (second: Second): void => print(render.renderSecond(second, paint));
    return runSide(name, { serverUrl: server.url, shape, plan, signal, onSecond });
  };
  const plain = await run(
    'pg.Pool',
    'max 10, connectionTimeoutMillis 1000; started with --import @lifeguard/register',
  );
  const guarded = await run('Lifeguard', 'size 8 + 2, the same timeout; thresholds lowered for the demo');
  const claims = checkClaims(plain, guarded);
  print(`\n${render.renderResults(plain, guarded, claims, paint)}`);
  if (json) process.stdout.write(`${JSON.stringify({ plain, guarded, claims }, null, 2)}\n`);
  return claims.every(({ held }) => held) ? 0 : 1;
}

async function openServer(): Promise<AsyncDisposable & { readonly url: string }> {
  const url = databaseFromEnvironment();
  if (url !== undefined) {
    print(paint('dim', '\nusing the server of DATABASE_URL, in databases of its own'));
    return { url, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  print(paint('dim', '\nstarting a PostgreSQL for this demo ...'));
  const startedAt = performance.now();
  const server = await startPostgres();
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  print(paint('dim', `started in ${seconds} s; it goes when the demo ends`));
  return server;
}
