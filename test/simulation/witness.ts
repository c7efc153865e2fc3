import type { CloseManner, LeaseRecord, LeaseRevokedError } from '@lifeguard/core';
import { judgeClose } from './care-rules.ts';
import { judgeRevocation } from './detector-rules.ts';
import { judgeGrant } from './grants.ts';
import { judgeReserve } from './reserve.ts';
import type { WireConnection } from './wire-connection.ts';
import type { WireListener } from './wire-connector.ts';
import type { World } from './world.ts';

/** Sees each order that the pool gives to its connector: judges it, and writes it into the books of the world. */
export class Witness implements WireListener {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  connectBegun(connection: WireConnection): void {
    this.#world.governor.begun(connection);
  }

  connectEnded(connection: WireConnection, failure: unknown): void {
    const { governor, clock, isClosing, told } = this.#world;
    governor.ended(connection, failure, clock.now(), isClosing);
    if (failure !== undefined) told.failed(this.#world, failure);
  }

  lent(connection: WireConnection, record: LeaseRecord): void {
    const world = this.#world;
    const call = world.calls.byLabel(record.label);
    world.note('lent', `c${connection.id} ${record.label}`);
    if (call === undefined) return world.judge.broken('I4', `c${connection.id} is lent to nobody`);
    judgeGrant(world, call, connection);
    judgeReserve(world, call);
    world.order.granted(world, call);
    world.overload.granted(world, call);
    call.lent = connection;
    world.holds.begin(call, connection, record, world.clock.now());
  }

  /** The pool looks at a connection, or closes it, as one that was given back. */
  returned(connection: WireConnection): void {
    const { holds, judge } = this.#world;
    const hold = holds.on(connection);
    if (hold === undefined) return;
    if (!hold.isBlockOver) judge.broken('I3', `lease #${hold.record.id} was taken from its holder`);
    this.#world.finish(hold, 'released');
  }

  revoked(connection: WireConnection, error: LeaseRevokedError): void {
    const { holds, judge } = this.#world;
    const hold = holds.on(connection);
    if (hold === undefined) return judge.broken('I14', `c${connection.id} is revoked from nobody`);
    judgeRevocation(this.#world, hold, error);
    this.#world.finish(hold, 'revoked');
  }

  closing(connection: WireConnection, manner: CloseManner): void {
    judgeClose(this.#world, connection, manner);
  }

  died(connection: WireConnection): void {
    const { holds, clock, options, governor } = this.#world;
    const hold = holds.on(connection);
    if (hold !== undefined) this.#world.finish(hold, 'lost');
    const isYoung = clock.now() - connection.begunAt < options.connectTimeoutMs;
    if (connection.uses === 0 && isYoung && !connection.isAbandoned && !connection.isStillborn)
      governor.ended(connection, new Error('died young'), clock.now(), false);
  }
}
