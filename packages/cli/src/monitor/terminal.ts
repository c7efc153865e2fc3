import type { ScreenSize } from './render/render.ts';

/** Why a terminal is left although nobody has pressed a key. */
export type TerminalEnd =
  | { readonly kind: 'signal'; readonly signal: 'SIGTERM' | 'SIGHUP' | 'SIGINT' }
  /** It is there no more. */
  | { readonly kind: 'gone' };

/** What a terminal tells. */
export interface TerminalListener {
  /** By its name, such as `up`, `ctrl-c`, `enter`, or as the character that it writes. */
  key(name: string): void;
  resized(): void;
  /** What is on the screen may not be what was written. */
  overwritten(): void;
  ended(end: TerminalEnd): void;
}

/** A screen of its own, with keys. */
export interface Terminal {
  readonly size: ScreenSize;
  write(text: string): void;
  /** Takes the whole screen and each key, until what it answers is called: that puts back all as it was. */
  open(listener: TerminalListener): () => void;
  /** Puts all back, stops the process until the shell continues it, and takes the screen again. */
  suspend(): void;
}
