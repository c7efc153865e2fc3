import { printable } from '@lifeguard/core/adapter';
import { listPools } from './admin-pool.ts';
import type { AdminPool, AdminPools } from './admin-pool.ts';
import { refusal } from './answer.ts';
import type { Refusal } from './answer.ts';

/** The pools that `?pool=` asks for: all without it. Refuses any other key with 400, and an unknown name with 404. */
export function choosePools(pools: AdminPools, query: URLSearchParams): readonly AdminPool[] {
  const name = poolInQuery(query);
  const all = listPools(pools);
  if (name === undefined) return all;
  const chosen = all.filter((pool) => pool.name === name);
  if (chosen.length === 0) throw unknownPool(all);
  return chosen;
}

/** The one pool of that name, to act on. Refuses with 404, and with 409 where several have it. */
export function onePool(pools: AdminPools, name: string): AdminPool {
  const all = listPools(pools);
  const [pool, another] = all.filter((each) => each.name === name);
  if (pool === undefined) throw unknownPool(all);
  if (another !== undefined)
    throw refusal(409, 'ambiguous-pool', 'several pools have this name', 'give each pool a name of its own');
  return pool;
}

/** Refuses whatever is in a query besides `pool`: a token in a URL ends up in logs. */
export function poolInQuery(query: URLSearchParams): string | undefined {
  const known = [...query.keys()];
  if (known.length > 1 || (known.length === 1 && known[0] !== 'pool'))
    throw refusal(
      400,
      'bad-query',
      'the query has something besides one "pool"',
      'ask with ?pool=<name>, or without a query',
    );
  return query.get('pool') ?? undefined;
}

function unknownPool(all: readonly AdminPool[]): Refusal {
  const names = all.slice(0, 20).map(({ name }) => `"${printable(name, 60)}"`);
  const there = names.length === 0 ? 'there is none' : `there are ${names.join(', ')}`;
  return refusal(404, 'unknown-pool', `there is no pool of this name; ${there}`, 'ask for one of those');
}
