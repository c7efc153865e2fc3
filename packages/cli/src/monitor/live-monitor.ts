import { AdminError } from '@lifeguard/admin';
import type { Clock, Timer } from '@lifeguard/core';
import { EXIT } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import { frameText } from './frame-text.ts';
import type { Frame } from './frame-text.ts';
import { codeOfLook } from './look.ts';
import type { Look, MonitorAction } from './look.ts';
import { lostReason } from './lost-reason.ts';
import type { MonitorEffect, MonitorEvent } from './monitor-event.ts';
import { firstState } from './monitor-state.ts';
import type { MonitorState, Note } from './monitor-state.ts';
import { notAllowed } from './ask-action.ts';
import { reduce } from './reduce.ts';
import { render } from './render/render.ts';
import type { Terminal, TerminalEnd } from './terminal.ts';
import type { Watch } from './watch.ts';

/** What a live monitor works with. */
export interface LiveParts {
  readonly watch: Pick<Watch, 'look' | 'act'>;
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly color: boolean;
  readonly intervalMs: number;
  /** How many looks are shown before it ends; without a limit `Infinity`. */
  readonly count: number;
}

/** Why a live monitor has ended. */
export type LiveEnd =
  | { readonly kind: 'quit' }
  /** All looks were shown; the code is that of the last. */
  | { readonly kind: 'counted'; readonly code: ExitCode }
  | TerminalEnd;

/** The time at the top of the screen goes on. */
const SECOND = 1_000;
/** Between an answer and the next question, in milliseconds: an application that answers slowly is not kept busy by us. */
const LEAST_PAUSE = 100;

/** The screen that shows one state after the other until it ends. */
export class LiveMonitor {
  readonly #parts: LiveParts;
  readonly #ended = Promise.withResolvers<LiveEnd>();
  #state: MonitorState;
  #frame: Frame | undefined;
  #looks = 1;
  #isLooking = false;
  /** What is answered after the end changes nothing: the screen is somebody else's then. */
  #life: 'running' | 'over' = 'running';
  #askedAt: number;
  #next: Timer | undefined;
  #second: Timer | undefined;

  constructor(parts: LiveParts, first: Look) {
    this.#parts = parts;
    const { clock, intervalMs } = parts;
    this.#askedAt = clock.now();
    this.#state = firstState(first, intervalMs, clock.now(), clock.wallTime());
  }

  /** Takes the terminal, and puts it back as it was before it settles. Rejects only with a defect. */
  async run(): Promise<LiveEnd> {
    const { terminal } = this.#parts;
    const close = terminal.open({
      key: (key) => this.#happen({ kind: 'key', key }),
      resized: () => this.#happen({ kind: 'resized', rows: terminal.size.rows }),
      overwritten: () => this.#happen({ kind: 'key', key: 'ctrl-l' }),
      ended: (end) => this.#ended.resolve(end),
    });
    try {
      this.#happen({ kind: 'resized', rows: terminal.size.rows });
      this.#schedule();
      this.#tick();
      return await this.#ended.promise;
    } finally {
      this.#life = 'over';
      this.#next?.cancel();
      this.#second?.cancel();
      close();
    }
  }

  #happen(event: MonitorEvent): void {
    if (this.#life === 'over') return;
    this.#guarded(() => {
      const { clock } = this.#parts;
      const [now] = reduce(this.#state, { kind: 'clock', now: clock.now(), wallTime: clock.wallTime() });
      const [next, effect] = reduce(now, event);
      this.#state = next;
      if (effect?.kind === 'redraw') this.#frame = undefined;
      this.#draw();
      if (effect !== undefined) this.#effect(effect);
    });
  }

  /** What is thrown in a callback must not leave the terminal as it is. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#ended.reject(error);
    }
  }

  #draw(): void {
    const { terminal, color } = this.#parts;
    const { columns, rows } = terminal.size;
    const frame = { columns, rows, lines: render(this.#state, { columns, rows, color }) };
    const text = frameText(this.#frame, frame);
    this.#frame = frame;
    // All of a frame at once: nobody sees half of it.
    if (text !== '') terminal.write(text);
  }

  #effect(effect: MonitorEffect): void {
    switch (effect.kind) {
      case 'quit':
        return this.#ended.resolve({ kind: 'quit' });
      case 'look':
        return this.#look();
      case 'pace':
        return this.#schedule();
      // It was drawn already.
      case 'redraw':
        return;
      case 'suspend':
        return this.#parts.terminal.suspend();
      case 'act':
        return this.#act(effect.action, effect.pool);
      /* v8 ignore next -- an effect that is missing above does not compile */
      default:
        return effect satisfies never;
    }
  }

  /** When it is time for the next look; not while it is paused, or one is on its way. */
  #schedule(): void {
    this.#next?.cancel();
    if (this.#life === 'over' || this.#state.pace === 'paused' || this.#isLooking) return;
    const { clock } = this.#parts;
    const dueAt = this.#askedAt + this.#state.intervalMs;
    const delayMs = Math.max(LEAST_PAUSE, dueAt - clock.now());
    this.#next = clock.setTimer(delayMs, () => this.#guarded(() => this.#nextLook()), { keepAlive: true });
  }

  #nextLook(): void {
    const { count } = this.#parts;
    // The last one was to be seen for as long as the others.
    if (this.#looks >= count) return this.#ended.resolve({ kind: 'counted', code: this.#code() });
    this.#look();
  }

  #code(): ExitCode {
    const { link, look } = this.#state;
    return link.kind === 'lost' ? EXIT.unreachable : codeOfLook(look);
  }

  #look(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#next?.cancel();
    this.#looks += 1;
    this.#askedAt = this.#parts.clock.now();
    this.#answerOf().then(
      (event) => {
        this.#isLooking = false;
        this.#happen(event);
        this.#schedule();
      },
      (error: unknown) => this.#ended.reject(error),
    );
  }

  async #answerOf(): Promise<MonitorEvent> {
    try {
      return { kind: 'looked', look: await this.#parts.watch.look() };
    } catch (error) {
      return { kind: 'lost', why: lostReason(error) };
    }
  }

  #act(action: MonitorAction, pool: string): void {
    this.#noteOf(action, pool).then(
      (note) => this.#happen({ kind: 'acted', note }),
      (error: unknown) => this.#ended.reject(error),
    );
  }

  async #noteOf(action: MonitorAction, pool: string): Promise<Note> {
    try {
      const count = await this.#parts.watch.act(pool, action);
      return {
        text: `${action} of pool ${pool}: done${count === undefined ? '' : ` (${count})`}`,
        grade: 'info',
      };
    } catch (error) {
      if (error instanceof AdminError && error.problem === 'not-allowed')
        return { text: notAllowed(action), grade: 'warning' };
      return { text: `${action} of pool ${pool}: ${lostReason(error)}`, grade: 'critical' };
    }
  }

  #tick(): void {
    this.#second = this.#parts.clock.setTimer(
      SECOND,
      () => {
        const { clock } = this.#parts;
        this.#happen({ kind: 'clock', now: clock.now(), wallTime: clock.wallTime() });
        this.#tick();
      },
      { keepAlive: true },
    );
  }
}
