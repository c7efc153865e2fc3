import type { Call } from './calls.ts';
import type { Suspect } from './order-oracle.ts';
import type { World } from './world.ts';

type TenantId = string | undefined;

/** What a tenant holds: at least, and at most where a lease is just being given back. */
interface Held {
  readonly least: number;
  readonly most: number;
}

/**
 * Of the tenants that wait with one priority, the one that holds the fewest connections for its weight is next. Of two that hold
 * equally few nobody has two turns while the other waits.
 */
export class TenantOrder {
  /** The last grant of each, as a number that grows with the grants of the pool. */
  readonly #turns = new Map<TenantId, number>();

  /** `peers` wait with the same priority, for other tenants. */
  granted(world: World, call: Call, peers: readonly Call[], suspect: Suspect): void {
    const { grants } = world.calls;
    const turn = this.#turns.get(call.tenant) ?? -1;
    this.#turns.set(call.tenant, grants);
    if (peers.length === 0) return;
    const own = held(world, call.tenant);
    const weight = weightOf(world, call.tenant);
    for (const peer of peers) {
      const its = held(world, peer.tenant);
      const itsWeight = weightOf(world, peer.tenant);
      if (own.least * itsWeight > its.most * weight)
        suspect(
          [peer],
          `${call.label} of ${call.tenant} (${own.least} of ${weight}) went before ${peer.label} of ${peer.tenant} (${its.most} of ${itsWeight})`,
        );
      const isEven = own.least * itsWeight === its.most * weight && isSure(own) && isSure(its);
      if (isEven && turn >= peer.grantsBefore && turn > (this.#turns.get(peer.tenant) ?? -1))
        suspect([peer], `${call.tenant} had two turns while ${peer.label} of ${peer.tenant} waited`);
    }
    if (peers.some(({ id }) => id < call.id)) world.note('tenant-first', call.label);
  }
}

const isSure = ({ least, most }: Held): boolean => least === most;

function weightOf({ options }: World, tenant: TenantId): number {
  return tenant === undefined ? 1 : (options.tenantWeights[tenant] ?? 1);
}

function held({ holds, releasing }: World, tenant: TenantId): Held {
  let least = 0;
  for (const { call } of holds.open) if (call.tenant === tenant) least += 1;
  return { least, most: least + releasing.filter(({ call }) => call.tenant === tenant).length };
}
