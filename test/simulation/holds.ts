import type { Lease, LeaseRecord, Session } from '@lifeguard/core';
import type { Call } from './calls.ts';
import type { WireConnection } from './wire-connection.ts';

/** One lease as the world knows it: from the moment the connector was told to lend, to the first thing that ended it. */
export interface Hold {
  readonly call: Call;
  readonly connection: WireConnection;
  readonly record: LeaseRecord;
  readonly session: Session | undefined;
  readonly openedAt: number;
  /** Known once the caller has it. */
  lease: Lease<WireConnection> | undefined;
  state: 'open' | 'released' | 'revoked' | 'lost';
  /** Its block has ended: the pool gives the lease back by itself. */
  isBlockOver: boolean;
  /** The last moment at which a query ran. */
  lastQueryAt: number;
  /** First report; `NaN` before. */
  reportedAt: number;
  /** All that was reported of it. */
  readonly evidence: Set<string>;
  /** When its session was over, and when its handle was collected; `NaN` before. */
  ownerGoneAt: number;
  collectedAt: number;
}

/** All leases: open ones, and finished ones, which must stay finished. */
export class HoldBook {
  readonly open: Set<Hold> = new Set();
  readonly finished: Hold[] = [];
  readonly #byRecord = new Map<LeaseRecord, Hold>();
  readonly #byId = new Map<number, Hold>();

  begin(call: Call, connection: WireConnection, record: LeaseRecord, at: number): Hold {
    const hold: Hold = {
      call,
      connection,
      record,
      session: record.session,
      openedAt: at,
      lease: undefined,
      state: 'open',
      isBlockOver: false,
      lastQueryAt: at,
      reportedAt: NaN,
      evidence: new Set(),
      ownerGoneAt: NaN,
      collectedAt: NaN,
    };
    this.open.add(hold);
    this.#byRecord.set(record, hold);
    this.#byId.set(record.id, hold);
    return hold;
  }

  of(record: LeaseRecord): Hold | undefined {
    return this.#byRecord.get(record);
  }

  byId(leaseId: number): Hold | undefined {
    return this.#byId.get(leaseId);
  }

  /** Which lease a connection is lent under now. */
  on(connection: WireConnection): Hold | undefined {
    for (const hold of this.open) if (hold.connection === connection) return hold;
    return undefined;
  }

  /** Does nothing when it has ended before: the first end counts. */
  finish(hold: Hold, state: Exclude<Hold['state'], 'open'>): boolean {
    if (hold.state !== 'open') return false;
    hold.state = state;
    this.open.delete(hold);
    this.finished.push(hold);
    return true;
  }
}
