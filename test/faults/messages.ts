/**
 * `stock`: `pg.Pool` as its documentation shows it, with a listener for the pool's errors. `hardened`: the same, with a
 * listener for the errors of each client besides, which keeps the process alive. `lifeguard`: `LifeguardPool` in its place.
 */
export type SideName = 'stock' | 'hardened' | 'lifeguard';

/** How the application under test is started. */
export interface ApplicationOptions {
  readonly side: SideName;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly max: number;
  /** How long an acquire may take, on both sides. */
  readonly acquireTimeoutMs: number;
  /** How long a unit of work may take: a session on our side, `query_timeout` of its statements on the other. */
  readonly unitTimeoutMs: number;
  readonly tls: boolean;
  /** Whether listeners of every event of the pool throw. */
  readonly listenersThrow: boolean;
  /** Whether the steady load runs. */
  readonly load: boolean;
}

/** One unit of work of the load. */
export interface Outcome {
  readonly startedAt: number;
  readonly endedAt: number;
  /** `undefined`: it succeeded. */
  readonly error: string | undefined;
}

/** What the application says of itself. */
export interface ApplicationReport {
  readonly outcomes: readonly Outcome[];
  /** Acquires that had not settled long after their deadline. */
  readonly stuckAcquires: number;
  /** Units of work that had not ended long after theirs. */
  readonly stuckUnits: number;
  /** How often a client was granted that somebody held. */
  readonly doubleLeases: number;
  /** How often a caller got somebody else's answer. */
  readonly wrongAnswers: number;
  /** Connections counted as `lost` at the same time, at most. */
  readonly maxLost: number;
  readonly longestStallMs: number;
}

/** What the harness may ask of the application, and what comes back. */
export interface Requests {
  report: { arguments: []; answer: ApplicationReport };
  pause: { arguments: []; answer: void };
  resume: { arguments: []; answer: void };
  /** Tries to hold all connections at once, each of which has answered. Milliseconds until then. */
  capacity: { arguments: [limitMs: number]; answer: number | null };
  /** Runs statements on one connection, with a pause between them: the error code of each, or `ok`. */
  hold: { arguments: [statements: readonly string[], pauseMs: number]; answer: readonly string[] };
  /** Runs a statement by the pool, and says how it ended. `queryTimeoutMs`: pg's own. */
  query: { arguments: [statement: string, queryTimeoutMs: number | null]; answer: string };
  /** Asks for twice as much as there are connections, and blocks the event loop: how the statements ended. */
  stall: { arguments: [durationMs: number]; answer: readonly string[] };
  /** Many callers at once while all connections are held for a while: how many were served, and how many not. */
  crowd: {
    arguments: [callers: number, heldMs: number, timeoutMs: number];
    answer: { served: number; refused: number; longestStallMs: number; tookMs: number };
  };
  /** What the host name of the server resolves to from now on. */
  resolve: { arguments: ['right' | 'nowhere' | 'silence']; answer: void };
  /** What the connect hook does from now on. */
  hook: { arguments: ['nothing' | 'hang' | 'throw']; answer: void };
  /** How far its wall clock has gone from where it was, in milliseconds. */
  clockShift: { arguments: []; answer: number };
  /** Takes a connection, and never gives it back. */
  leak: { arguments: []; answer: void };
  close: { arguments: []; answer: { tookMs: number } };
  /** Ends the process, with whatever runs. */
  exit: { arguments: []; answer: void };
}

export interface Request {
  readonly id: number;
  readonly name: keyof Requests;
  readonly arguments: readonly unknown[];
}

export type Answer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string };

/** By wall clock, since two processes compare it; the machine's clock is not set while tests run. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
