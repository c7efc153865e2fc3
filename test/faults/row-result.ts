import type { SideName } from './messages.ts';
import type { ServerName } from './named-server.ts';
import type { Route } from './world.ts';

/** What one run of one fault has shown; everything in it was measured. */
export interface RowResult {
  readonly row: string;
  readonly server: ServerName;
  readonly route: Route;
  readonly side: SideName;
  /** How the process died that should have lived; its last words. */
  readonly crash: string | undefined;
  readonly stuckAcquires: number;
  readonly stuckUnits: number;
  readonly doubleLeases: number;
  readonly wrongAnswers: number;
  /** Backends of the application on the server, at most. */
  readonly maxBackends: number;
  readonly samples: number;
  /** Connections that may be open, and how many were counted as lost besides. */
  readonly max: number;
  readonly maxLost: number;
  /** Errors that callers saw from the fault to full capacity, by code. */
  readonly errors: Readonly<Record<string, number>>;
  /** After the fault was over, or its injection. `undefined`: not at all. */
  readonly firstSuccessMs: number | undefined;
  readonly capacityMs: number | undefined;
  readonly closeMs: number | undefined;
  /** Backends (behind PgBouncer: its clients) that were there two seconds after the end of the pool. */
  readonly backendsLeft: number;
  /** What the row has measured besides. */
  readonly notes: Readonly<Record<string, number | string>>;
}
