import type { Clock } from '@lifeguard/core';

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
  /** Asks whoever sits there; `undefined` where nobody does. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
}
