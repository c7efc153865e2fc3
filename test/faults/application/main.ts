// The application under test, a process of its own: one of the two pools under a steady load, asked and told over IPC.

import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, ApplicationOptions, Request } from '../messages.ts';
import { Borrower } from './borrower.ts';
import { makeCommands } from './commands.ts';
import type { CommandParts } from './commands.ts';
import { errorCode } from './error-code.ts';
import { Ledger } from './ledger.ts';
import { Load } from './load.ts';
import { LoopWatch } from './loop-watch.ts';
import { openSide } from './side.ts';
import { throwInListeners } from './throw-in-listeners.ts';

// It must not outlive the harness, however that ends.
process.once('disconnect', () => process.exit());

const options = JSON.parse(process.argv[2] ?? '') as ApplicationOptions;
const hook: CommandParts['hook'] = { kind: 'nothing' };
const side = openSide(options, async () => {
  if (hook.kind === 'hang') await new Promise(() => undefined);
  if (hook.kind === 'throw') throw new Error('the hook failed');
});
let maxLost = 0;
side.onLost((lost) => (maxLost = Math.max(maxLost, lost)));
if (options.listenersThrow) throwInListeners(side.pool);

const ledger = new Ledger();
const borrower = new Borrower(side, ledger, options);
const load = new Load(borrower, ledger);
const loop = new LoopWatch();
const commands = makeCommands({ options, side, ledger, borrower, load, loop, hook, maxLost: () => maxLost });

process.on('SIGTERM', () => {
  load.pause();
  void side.close().then(() => process.exit(0));
});
process.on('message', ({ id, name, arguments: args }: Request) => {
  const work = async (): Promise<unknown> =>
    (commands[name] as (...given: readonly unknown[]) => unknown)(...args);
  const send = (answer: Answer): void => void process.send?.(answer);
  work().then(
    (result) => send({ id, result: result ?? null }),
    (error: unknown) => send({ id, error: errorCode(error) }),
  );
});
if (options.load) load.start();
await delay(0);
process.send?.('started');
