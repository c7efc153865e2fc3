import { InvalidOptionError } from './errors.ts';
import type { PoolSnapshot } from './snapshot.ts';

/** What {@link sizePerInstance} divides among whom. */
export interface BudgetOptions {
  /** Application processes that have a pool, over all hosts, when nothing is deployed. */
  readonly instances: number;
  /** Connections that the server allows: `max_connections`; of a managed database what its plan says. */
  readonly backends: number;
  /**
   * Backends that no pool may take: `superuser_reserved_connections`, migrations, people, monitoring, and those that are
   * lost for a moment, since their connection broke and the server has not noticed.
   * @default a tenth of `backends`, and at least 3: PostgreSQL's own `superuser_reserved_connections`
   */
  readonly reserve?: number;
  /**
   * Instances that run besides while a deployment replaces others.
   * @default a quarter of `instances`, rounded up: what a rolling update of Kubernetes starts besides
   */
  readonly surge?: number;
  /**
   * Behind a pooler: how many connections of ours share a backend, 1 or more. More than a few only move the queue from our
   * pool, which knows deadlines and who holds, to that of the pooler, which does not.
   * @default 1: as many connections as backends, which is the only choice without a pooler
   */
  readonly sharing?: number;
  /**
   * Which part of an instance's connections may be overflow, from 0 to 1: closed soon when they are idle.
   * @default 0: the budget must hold them all anyway, and closing them only costs connects
   */
  readonly overflowShare?: number;
}

/** The part of one instance, and what all of them come to. */
export interface InstanceBudget {
  readonly size: number;
  readonly maxOverflow: number;
  /** Backends for all pools: `default_pool_size` of a PgBouncer that one database and user go through. */
  readonly backends: number;
  /** The most connections that all instances together open, in a deployment too. `max_client_conn` must exceed it. */
  readonly connections: number;
}

const DEFAULT_RESERVE_SHARE = 0.1;
const LEAST_RESERVE = 3;
const DEFAULT_SURGE_SHARE = 0.25;
/** More than anybody has; keeps sums exact. */
const MOST = 1_000_000;
const MOST_SHARING = 1_000;

/**
 * How large the pool of each instance may be, so that all of them together never want more connections than there are:
 *
 *     size + maxOverflow = floor((backends − reserve) × sharing ÷ (instances + surge))
 *
 * It is the sum that `max_connections` bounds, solved for one pool; PostgreSQL refuses whoever comes after (53300). What is
 * left of the division belongs to nobody. Throws `LG_INVALID_OPTION` when an instance would get none.
 *
 * @example
 * sizePerInstance({ instances: 8, backends: 100 }); // { size: 9, maxOverflow: 0, backends: 90, connections: 90 }
 */
export function sizePerInstance(options: BudgetOptions): InstanceBudget {
  const budget = checkBudget(options);
  const { backends, instances, surge, reserve, sharing, overflowShare } = budget;
  const usable = backends - reserve;
  const all = instances + surge;
  const each = Math.floor(exact((usable * sharing) / all));
  if (each < 1) throw tooFew(options, { ...budget, all });
  const maxOverflow = Math.min(each - 1, Math.floor(exact(each * overflowShare)));
  return Object.freeze({ size: each - maxOverflow, maxOverflow, backends: usable, connections: each * all });
}

/** What {@link sizeForWorkers} multiplies. */
export interface WorkerOptions {
  /** Workers of one instance: what runs at the same time and needs the database. */
  readonly workers: number;
  /** Connections that a worker has at a time, on average. */
  readonly perWorker: number;
  /**
   * What is added for peaks, as a part of the product: 0.25 for a quarter.
   * @default 0.25, in the middle of the usual 0.2 to 0.5
   */
  readonly buffer?: number;
}

/**
 * How many connections the workers of one instance want:
 *
 *     size = workers × perWorker × (1 + buffer), and twice as many as overflow
 *
 * 8 workers with 2 connections each come to the defaults of a pool, 20 and 40. It says what is wanted; what may be had says
 * {@link sizePerInstance}.
 */
export function sizeForWorkers({ workers, perWorker, buffer = 0.25 }: WorkerOptions): {
  readonly size: number;
  readonly maxOverflow: number;
} {
  const size = Math.ceil(
    exact(
      whole('workers', workers, 1) *
        between('perWorker', perWorker, 0.01, 1_000) *
        (1 + between('buffer', buffer, 0, 10)),
    ),
  );
  return Object.freeze({ size, maxOverflow: 2 * size });
}

/** With fewer leases than this, an average of what they held says nothing. */
export const FEWEST_LEASES_FOR_SIZE = 50;
/** Where so much of what is in use is suspected of being leaked, no size is right. */
const LEAKED_SHARE = 0.2;

/**
 * How many connections a load wants that uses `load` of them on average: that, and its square root besides for its swings (the
 * square-root rule of staffing, Halfin & Whitt, 1981). At least 1.
 */
export function sizeForLoad(load: number): number {
  return Math.max(1, Math.ceil(load + Math.sqrt(load)));
}

/** Whether more than a fifth of what is in use is suspected of being leaked: what is held then says nothing of the load. */
export function isMostlyLeaked({ leases, used }: Pick<PoolSnapshot, 'leases' | 'used'>): boolean {
  return leases.filter(({ suspected }) => suspected).length > used * LEAKED_SHARE;
}

/** Names the smallest budget of which everybody gets something. */
function tooFew(
  { reserve }: BudgetOptions,
  { instances, surge, sharing, backends, all }: Required<BudgetOptions> & { readonly all: number },
): InvalidOptionError {
  const wanted = Math.ceil(exact(all / sharing));
  const needed =
    reserve === undefined
      ? Math.max(wanted + LEAST_RESERVE, Math.ceil(exact(wanted / (1 - DEFAULT_RESERVE_SHARE))))
      : wanted + reserve;
  const who = `${instances} instances and ${surge} in a deployment (${sharing} to a backend)`;
  return new InvalidOptionError(
    'backends',
    `at least ${needed}, one for each of ${who}, with ${needed - wanted} in reserve; or put a pooler in between and set "sharing"`,
    backends,
  );
}

function usualReserve(backends: number): number {
  return Math.max(LEAST_RESERVE, Math.ceil(exact(backends * DEFAULT_RESERVE_SHARE)));
}

function checkBudget(options: BudgetOptions): Required<BudgetOptions> {
  const instances = whole('instances', options.instances, 1);
  const backends = whole('backends', options.backends, 1);
  return {
    instances,
    backends,
    reserve: whole('reserve', options.reserve ?? usualReserve(backends), 0),
    surge: whole('surge', options.surge ?? Math.ceil(exact(instances * DEFAULT_SURGE_SHARE)), 0),
    sharing: between('sharing', options.sharing ?? 1, 1, MOST_SHARING),
    overflowShare: between('overflowShare', options.overflowShare ?? 0, 0, 1),
  };
}

/** A product that is whole on paper is whole here: 10 × 1.1 is 11, and not a little more. */
function exact(value: number): number {
  const nearest = Math.round(value);
  return Math.abs(value - nearest) < 1e-9 * Math.max(1, nearest) ? nearest : value;
}

function whole(option: string, value: number, least: number): number {
  if (Number.isInteger(value) && value >= least && value <= MOST) return value;
  throw new InvalidOptionError(option, `a whole number from ${least} to ${MOST}`, value);
}

function between(option: string, value: number, least: number, most: number): number {
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw new InvalidOptionError(option, `a number from ${least} to ${most}`, value);
}
