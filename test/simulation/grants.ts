import type { Call } from './calls.ts';
import type { WireConnection } from './wire-connection.ts';
import type { World } from './world.ts';

/** A wheel of the core's fires in steps of this size. */
export const TICK_MS = 5;

/** A lease is given: may this caller have it, and may this connection be had, now? */
export function judgeGrant(world: World, call: Call, connection: WireConnection): void {
  const { judge, clock, options } = world;
  const now = clock.now();
  const name = `c${connection.id} for ${call.label}`;
  judge.expect(call.state === 'waiting', 'I4', () => `${name}, which was ${call.state} before`);
  judge.expect(call.lent === undefined, 'I4', () => `${name}, which has c${call.lent?.id} already`);
  judge.expect(call.controller?.signal.aborted !== true, 'I4', () => `${name}, which had given up`);
  judge.expect(!world.isSuspended && !world.isClosing, 'I13', () => `${name} of a pool that grants nothing`);
  judge.expect(
    now <= Math.max(call.deadlineAt, world.stalledUntil) + TICK_MS,
    'I7',
    () => `${name} comes ${now - call.deadlineAt} ms late`,
  );
  judge.expect(connection.uses < options.maxUses, 'I9', () => `${name} was used up`);
  judge.expect(connection.generation >= world.generation, 'I9', () => `${name} was evicted`);
  const ageMs = now - connection.openedAt;
  judge.expect(ageMs < options.maxLifetimeMs, 'I9', () => `${name} is ${ageMs} ms old`);
  judge.expect(
    connection.provenAt >= world.thawedAt,
    'I9',
    () => `${name} was not heard of since the process stood still`,
  );
  judge.expect(!connection.isCondemned, 'I9', () => `${name} was called bad by a holder`);
  const unheardMs = now - connection.provenAt;
  judge.expect(
    !options.prePing || unheardMs <= options.pingAfterIdleMs,
    'I9',
    () => `${name} was not heard of for ${unheardMs} ms`,
  );
}
