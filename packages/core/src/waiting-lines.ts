import type { Rank } from './acquire-priority.ts';
import { Tenant, TenantHeap, isDueBefore } from './tenant-share.ts';
import { WaitingLine } from './waiting-line.ts';
import type { Queued } from './waiting-line.ts';

/** A class that others were preferred to this often in a row is served next: urgent work may delay the rest, not stop it. */
const MAX_PASSED_OVER = 20;

/** How the pool is divided. */
export interface Shares {
  /** Connections that all but `high` may hold at once; `Infinity` where none are kept for those. */
  readonly ordinaryMax: number;
  /** What tenants are due in relation to each other; 1 for those that are not named. */
  readonly weights: Readonly<Record<string, number>>;
  /** How many connections are leased now, to whomever. */
  leased(): number;
}

/** All who wait with one priority. */
class Lane<W extends Queued<W>> {
  /** Those who name no tenant; together they count as one. */
  readonly common: WaitingLine<W>;
  /** The lines of tenants in which somebody waits. */
  readonly heap = new TenantHeap<W>();
  length = 0;
  /** How often others were served since the last one of these. */
  passedOver = 0;

  constructor(common: WaitingLine<W>) {
    this.common = common;
  }

  *[Symbol.iterator](): Generator<WaitingLine<W>, void, void> {
    yield this.common;
    yield* this.heap;
  }
}

/**
 * Who waits, and who is next: first by priority, then by what the tenants hold, then by when they came. It also counts what
 * each of them holds; for the many who say nothing of themselves ({@link WaitingLines.common}) that is what is left of all
 * leases, so that an acquire of theirs costs nothing more.
 */
export class WaitingLines<W extends Queued<W>> {
  readonly #shares: Shares;
  readonly #nobody = new Tenant<W>(undefined, 1, 0);
  readonly #tenants = new Map<string, Tenant<W>>();
  readonly #high: Lane<W>;
  readonly #normal: Lane<W>;
  readonly #low: Lane<W>;
  #length = 0;
  #turn = 0;
  #highLeases = 0;
  #tenantLeases = 0;

  constructor(shares: Shares) {
    this.#shares = shares;
    this.#high = new Lane(lineOf(this.#nobody, 0));
    this.#normal = new Lane(lineOf(this.#nobody, 1));
    this.#low = new Lane(lineOf(this.#nobody, 2));
  }

  get length(): number {
    return this.#length;
  }

  /** Where those wait who say nothing of themselves. */
  get common(): WaitingLine<W> {
    return this.#normal.common;
  }

  /** Tenants that hold or wait for a connection. */
  get tenants(): number {
    return this.#tenants.size;
  }

  /** How many of those who wait may be given a connection, as far as they are not kept for others. */
  get servable(): number {
    const high = this.#high.length;
    return high + Math.min(this.#length - high, Math.max(0, this.#ordinaryLeft));
  }

  /** Whether others than `high` wait, and hold all that they may. */
  get isShareTaken(): boolean {
    return this.#length > this.#high.length && this.#ordinaryLeft <= 0;
  }

  /** Whether a connection may go to this line, or is kept for others. */
  admits(line: WaitingLine<W>): boolean {
    return this.#shares.ordinaryMax === Infinity || line.rank === 0 || this.#ordinaryLeft > 0;
  }

  /** Where to wait with this priority on behalf of this tenant. */
  line(rank: Rank, tenantId: string | undefined): WaitingLine<W> {
    if (tenantId === undefined) return this.#lane(rank).common;
    let tenant = this.#tenants.get(tenantId);
    if (tenant === undefined) {
      tenant = new Tenant(tenantId, weightIn(this.#shares.weights, tenantId), (this.#turn += 1));
      this.#tenants.set(tenantId, tenant);
    }
    return lineOf(tenant, rank);
  }

  /** A caller of this line goes without having got anything: where it was the last one, nothing is left to be known of it. */
  forget(line: WaitingLine<W>): void {
    const { tenant } = line;
    if (tenant.id === undefined || tenant.leases > 0) return;
    if (Object.values(tenant.lines).every(({ length }) => length === 0)) this.#tenants.delete(tenant.id);
  }

  add(waiter: W): void {
    const { line } = waiter;
    line.add(waiter);
    this.#length += 1;
    const lane = this.#lane(line.rank);
    lane.length += 1;
    if (line === lane.common) return;
    this.#know(line.tenant);
    if (line.length === 1) lane.heap.add(line);
  }

  /** Takes one out, who gets a connection or is to be forgotten. Returns false, and does nothing, when it waits no more. */
  remove(waiter: W): boolean {
    const { line } = waiter;
    if (!line.remove(waiter)) return false;
    this.#length -= 1;
    const lane = this.#lane(line.rank);
    lane.length -= 1;
    if (line !== lane.common && line.length === 0) lane.heap.remove(line);
    return true;
  }

  /** Who is next, among those who may be given a connection. `takesNewest` is asked as in a {@link WaitingLine}. */
  next(takesNewest?: (first: W) => boolean): W | undefined {
    // Nearly always nobody says anything of itself.
    if (this.#length === this.#normal.length && this.#shares.ordinaryMax === Infinity)
      return this.#dueLine(this.#normal).next(takesNewest);
    const lane = this.#dueLane();
    return lane === undefined ? undefined : this.#dueLine(lane).next(takesNewest);
  }

  /** The one who was next has been taken out, to be served. */
  served({ line }: W): void {
    const lane = this.#lane(line.rank);
    lane.passedOver = 0;
    if (this.#tenants.size > 0) line.tenant.servedAt = this.#turn += 1;
    if (lane.length === this.#length) return;
    if (line.rank === 0 && this.#normal.length > 0) this.#normal.passedOver += 1;
    if (line.rank !== 2 && this.#low.length > 0) this.#low.passedOver += 1;
  }

  /** A connection goes to somebody of this line, which is not the common one. */
  taken(line: WaitingLine<W>): void {
    const { tenant } = line;
    if (line.rank === 0) this.#highLeases += 1;
    if (tenant.id === undefined) return;
    this.#know(tenant);
    this.#tenantLeases += 1;
    tenant.leases += 1;
    this.#moved(tenant);
  }

  /** It is given back, or lost. */
  left(line: WaitingLine<W>): void {
    const { tenant } = line;
    if (line.rank === 0) this.#highLeases -= 1;
    if (tenant.id === undefined) return;
    this.#tenantLeases -= 1;
    tenant.leases -= 1;
    this.#moved(tenant);
    this.forget(line);
  }

  /** How many wait with this priority. */
  waitingAt(rank: Rank): number {
    return this.#lane(rank).length;
  }

  /** How many wait with this priority or a higher one. */
  waitingUpTo(rank: Rank): number {
    const above = rank === 0 ? 0 : this.#high.length + (rank === 2 ? this.#normal.length : 0);
    return above + this.#lane(rank).length;
  }

  /** What this line is due of `places` in the queue, divided among the tenants that wait in its lane and itself. */
  shareOf(line: WaitingLine<W>, places: number): number {
    const { common, heap } = this.#lane(line.rank);
    const { weight } = line.tenant;
    const isCounted = line.length > 0 || line === common;
    const all = heap.weight + (common.length > 0 || line === common ? common.tenant.weight : 0);
    return (places * weight) / (isCounted ? all : all + weight);
  }

  /** All lines of the pool's own and those in which somebody waits, the most urgent first. */
  *lines(): Generator<WaitingLine<W>, void, void> {
    for (const lane of [this.#high, this.#normal, this.#low]) yield* lane;
  }

  *[Symbol.iterator](): Generator<W, void, void> {
    for (const line of this.lines()) yield* line;
  }

  get #ordinaryLeft(): number {
    return this.#shares.ordinaryMax - (this.#shares.leased() - this.#highLeases);
  }

  #lane(rank: Rank): Lane<W> {
    if (rank === 1) return this.#normal;
    return rank === 0 ? this.#high : this.#low;
  }

  #dueLane(): Lane<W> | undefined {
    if (this.#ordinaryLeft <= 0) return this.#high.length > 0 ? this.#high : undefined;
    if (isStarved(this.#low)) return this.#low;
    if (isStarved(this.#normal)) return this.#normal;
    if (this.#high.length > 0) return this.#high;
    return this.#normal.length > 0 ? this.#normal : this.#low;
  }

  /** The line of this lane that is to be served next; it is empty only when the lane is. */
  #dueLine({ common, heap }: Lane<W>): WaitingLine<W> {
    const { first } = heap;
    if (first === undefined) return common;
    if (common.length === 0) return first;
    this.#nobody.leases = this.#shares.leased() - this.#tenantLeases;
    return isDueBefore(first.tenant, this.#nobody) ? first : common;
  }

  /** Between asking for a line and using it, the last of its tenant may have gone. */
  #know(tenant: Tenant<W>): void {
    this.#tenants.set(tenant.id as string, tenant);
  }

  #moved(tenant: Tenant<W>): void {
    for (const line of Object.values(tenant.lines)) {
      if (line.heapIndex >= 0) this.#lane(line.rank).heap.moved(line);
    }
  }
}

function isStarved({
  length,
  passedOver,
}: {
  readonly length: number;
  readonly passedOver: number;
}): boolean {
  return length > 0 && passedOver >= MAX_PASSED_OVER;
}

function lineOf<W extends Queued<W>>(tenant: Tenant<W>, rank: Rank): WaitingLine<W> {
  return (tenant.lines[rank] ??= new WaitingLine<W>(rank, tenant));
}

function weightIn(weights: Readonly<Record<string, number>>, id: string): number {
  return Object.hasOwn(weights, id) ? (weights[id] as number) : 1;
}
