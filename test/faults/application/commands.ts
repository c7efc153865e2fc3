import dns from 'node:dns';
import { stat } from 'node:fs';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import type { ApplicationOptions, Requests } from '../messages.ts';
import type { Borrower } from './borrower.ts';
import { errorCode } from './error-code.ts';
import type { Ledger } from './ledger.ts';
import type { Load } from './load.ts';
import { LoopWatch } from './loop-watch.ts';
import type { Side } from './side.ts';

export interface CommandParts {
  readonly options: ApplicationOptions;
  readonly side: Side;
  readonly ledger: Ledger;
  readonly borrower: Borrower;
  readonly load: Load;
  readonly loop: LoopWatch;
  readonly hook: { kind: Requests['hook']['arguments'][0] };
  readonly maxLost: () => number;
}

export type Commands = {
  readonly [Name in keyof Requests]: (
    ...args: Requests[Name]['arguments']
  ) => Promise<Requests[Name]['answer']> | Requests[Name]['answer'];
};

/** What the harness may ask for. */
export function makeCommands(parts: CommandParts): Commands {
  const { side, ledger, borrower, load, loop, hook } = parts;
  return {
    report: () => {
      const { stuckAcquires, stuckUnits, doubleLeases, wrongAnswers } = ledger;
      const { outcomes } = load;
      const { longestStallMs } = loop;
      return {
        ...{ stuckAcquires, stuckUnits, doubleLeases, wrongAnswers, longestStallMs, outcomes },
        maxLost: parts.maxLost(),
      };
    },
    pause: () => load.pause(),
    resume: () => load.resume(),
    capacity: (limitMs) => fullCapacity(parts, limitMs),
    hold: (statements, pauseMs) => hold(borrower, statements, pauseMs),
    query: (statement, queryTimeoutMs) => query(side, statement, queryTimeoutMs),
    stall: async (durationMs) => {
      const one = (): Promise<string> => query(side, 'select pg_sleep(0.1)', null);
      const asked = Array.from({ length: 2 * parts.options.max }, one);
      // Now they are on their way; the answers come while nobody listens.
      await delay(20);
      // In the phase in which sockets are read: timers come next, before the sockets are looked at again.
      await new Promise<void>((resolve) => {
        stat('.', () => {
          for (const until = performance.now() + durationMs; performance.now() < until; );
          resolve();
        });
      });
      return Promise.all(asked);
    },
    crowd: (callers, heldMs, timeoutMs) => crowd(parts, callers, heldMs, timeoutMs),
    resolve: (kind) => resolveTo(kind),
    hook: (kind) => {
      hook.kind = kind;
    },
    clockShift: () => Date.now() - (performance.timeOrigin + performance.now()),
    leak: async () => {
      await borrower.take();
    },
    close: async () => {
      const startedAt = performance.now();
      await side.close();
      return { tookMs: performance.now() - startedAt };
    },
    exit: () => process.exit(0),
  };
}

/** Under the load: whoever holds a connection gives it back soon, and it is ours until all are. */
async function fullCapacity({ borrower, options }: CommandParts, limitMs: number): Promise<number | null> {
  const startedAt = performance.now();
  while (performance.now() - startedAt < limitMs) {
    const taken = await Promise.allSettled(Array.from({ length: options.max }, () => borrower.take()));
    const clients = taken.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    const answers = await Promise.allSettled(clients.map((client) => client.query('select 1')));
    clients.forEach((client, n) => borrower.giveBack(client, failureOf(answers[n])));
    const good = answers.filter(({ status }) => status === 'fulfilled').length;
    if (good === options.max) return performance.now() - startedAt;
    await delay(10);
  }
  return null;
}

function failureOf(settled: PromiseSettledResult<unknown> | undefined): unknown {
  return settled?.status === 'rejected' ? settled.reason : undefined;
}

async function hold(borrower: Borrower, statements: readonly string[], pauseMs: number): Promise<string[]> {
  const codes: string[] = [];
  const work = borrower.run(async (client) => {
    for (const statement of statements) {
      if (codes.length > 0) await delay(pauseMs);
      codes.push(
        await client.query(statement).then(
          () => 'ok',
          (error: unknown) => errorCode(error),
        ),
      );
    }
  });
  await work.catch((error: unknown) => codes.push(`unit: ${errorCode(error)}`));
  return codes;
}

function query(side: Side, text: string, queryTimeoutMs: number | null): Promise<string> {
  const config = queryTimeoutMs === null ? { text } : { text, query_timeout: queryTimeoutMs };
  return side.pool.query(config).then(
    () => 'ok',
    (error: unknown) => errorCode(error),
  );
}

async function crowd(
  { side, borrower, options, loop }: CommandParts,
  callers: number,
  heldMs: number,
  timeoutMs: number,
): Promise<Requests['crowd']['answer']> {
  const held = await Promise.all(Array.from({ length: options.max }, () => borrower.take()));
  loop.clear();
  const startedAt = performance.now();
  let [served, refused] = [0, 0];
  const one = async (): Promise<void> => {
    try {
      const client = await side.pool.connect();
      served += 1;
      client.release();
    } catch {
      refused += 1;
    }
  };
  const all = Promise.all(Array.from({ length: callers }, one));
  await Promise.race([all, delay(heldMs)]);
  for (const client of held) borrower.giveBack(client);
  await Promise.race([all, delay(timeoutMs)]);
  return { served, refused, longestStallMs: loop.longestStallMs, tookMs: performance.now() - startedAt };
}

const realLookup = dns.lookup;

/** `net.connect` asks `dns.lookup`: a name server for this process alone. Addresses are not looked up at all. */
function resolveTo(kind: Requests['resolve']['arguments'][0]): void {
  const lookup = (
    name: string,
    options: dns.LookupOptions,
    callback: (...answer: unknown[]) => void,
  ): void => {
    if (kind === 'silence') return;
    if (kind === 'right') return realLookup('localhost', { ...options, family: 4 }, callback);
    const error = Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' });
    setImmediate(callback, error);
  };
  dns.lookup = lookup as never;
}

/** From the beginning: the name of the server is known to nobody else. */
resolveTo('right');
