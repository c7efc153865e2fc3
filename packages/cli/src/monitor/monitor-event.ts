import type { Look, MonitorAction } from './look.ts';
import type { Note } from './monitor-state.ts';

/** What can happen to a monitor. */
export type MonitorEvent =
  /** Time has passed; sent before every other event. */
  | { readonly kind: 'clock'; readonly now: number; readonly wallTime: number }
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'looked'; readonly look: Look }
  | { readonly kind: 'lost'; readonly why: string }
  | { readonly kind: 'resized'; readonly rows: number }
  /** An action has ended. */
  | { readonly kind: 'acted'; readonly note: Note };

/** What has to be done in the world after an event. */
export type MonitorEffect =
  | { readonly kind: 'quit' }
  /** Ask now, without waiting for the interval to end. */
  | { readonly kind: 'look' }
  /** The interval has changed, or was stopped or started. */
  | { readonly kind: 'pace' }
  /** The screen may show something else than it should. */
  | { readonly kind: 'redraw' }
  /** Back to the shell until `fg`. */
  | { readonly kind: 'suspend' }
  | { readonly kind: 'act'; readonly action: MonitorAction; readonly pool: string };
