import type { Clock } from '@lifeguard/core';
import type { Terminal } from './monitor/terminal.ts';

/** Where text goes. */
export interface TextSink {
  write(text: string): unknown;
}

/** All that a command knows of its process. */
export interface CliIo {
  /** Takes data, and nothing else. */
  readonly stdout: TextSink;
  /** Takes what is told besides: progress, questions, errors. */
  readonly stderr: TextSink;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether `stdout` is a terminal. */
  readonly isTTY: boolean;
  /** Width of the terminal in characters; `undefined` where there is none, and lines are as long as they are. */
  readonly columns: number | undefined;
  readonly clock: Clock;
  /** A screen and keys; `undefined` where `stdout` or the input is no terminal, or can do nothing but lines. */
  readonly terminal: Terminal | undefined;
  /** Aborts when whoever reads `stdout` has gone, as `head` does. */
  readonly gone: AbortSignal;
  /** Ends the process by a signal that it has caught, so that whoever waits for it sees which. */
  readonly endBy: (signal: 'SIGTERM' | 'SIGHUP' | 'SIGINT') => void;
  /** Asks whoever sits there; `undefined` where nobody does. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
}
