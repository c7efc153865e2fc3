import { setImmediate as nextTurn } from 'node:timers/promises';
import { drawActions } from './actions.ts';
import type { Core } from './core.ts';
import { Draw } from './draw.ts';
import { heal } from './liveness.ts';
import { drawCallers, drawFaults, drawOptions } from './plan.ts';
import { codeOf } from './refusals.ts';
import { advance, stall } from './time.ts';
import { World } from './world.ts';

/** What the event loop of this process was left with by the seed that runs. */
const unhandled: unknown[] = [];
let isListening = false;

/** Actions of one history; what they set off comes on top. */
const ACTIONS = 80;
/** A history goes on until it has at least so many steps. */
const LEAST_STEPS = 150;

/** How a seed ended. */
export interface SeedResult {
  readonly seed: number;
  readonly ok: boolean;
  /** The same for each run of a seed, on any version of Node. */
  readonly hash: string;
  /** Steps after each of which all invariants were looked at. */
  readonly events: number;
  /** The first rule that did not hold. */
  readonly failure?: string;
  /** How often each kind of event was seen. */
  readonly kinds: ReadonlyMap<string, number>;
  readonly lines: readonly string[];
}

/** How a run may differ from the usual. */
export interface RunOptions {
  /** Turns of the microtask queue that count as quiet. */
  readonly quietTurns?: number;
}

/** Plays the history of one seed against `core`. */
export async function runSeed(core: Core, seed: number, options: RunOptions = {}): Promise<SeedResult> {
  listen();
  const draw = new Draw(seed);
  const drawn = drawOptions(draw);
  const plan = { options: drawn, faults: drawFaults(draw), callers: drawCallers(draw, drawn) };
  const world = new World({ core, seed, ...plan, ...options });
  let failure: string | undefined;
  try {
    await play(world);
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
  }
  // One turn of the real loop: only now does Node tell of rejections that nobody has handled.
  await nextTurn();
  const [stray] = unhandled.splice(0);
  if (stray !== undefined) failure ??= `I16: nobody handles ${codeOf(stray)}`;
  const { hash, kinds, lines } = world.trace;
  return {
    seed,
    ok: failure === undefined,
    hash,
    events: world.steps,
    kinds,
    lines,
    ...(failure === undefined ? {} : { failure }),
  };
}

async function play(world: World): Promise<void> {
  const { draw } = world;
  world.note('options', JSON.stringify(world.options));
  await world.settle();
  const nextAction = drawActions(world);
  const stalls = draw.chance(0.35) ? 0.05 : 0;
  const paceMs = draw.pick([1, 8, 30, 80]);
  for (let count = 0; count < ACTIONS || world.steps < LEAST_STEPS; count += 1) {
    nextAction()(world);
    await world.settle();
    if (draw.next() < stalls) await stall(world, draw.pick([60, 300, 6_000]));
    else if (draw.chance(0.6)) await advance(world, draw.next() * paceMs * 2);
  }
  await heal(world);
}

function listen(): void {
  if (isListening) return;
  isListening = true;
  process.on('unhandledRejection', (reason) => unhandled.push(reason));
  // What a listener of an `AbortSignal` throws comes out here.
  process.on('uncaughtException', (error) => unhandled.push(error));
}
