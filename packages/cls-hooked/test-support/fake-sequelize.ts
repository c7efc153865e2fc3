import type { LifeguardPool } from '@lifeguard/pg';
import type { ClsNamespace } from './both.ts';

type Client = Awaited<ReturnType<LifeguardPool['connect']>>;

/** What Sequelize does with a namespace: the transaction that is open is found there by queries that name none. */
export interface FakeSequelize {
  useCLS(namespace: ClsNamespace): void;
  transaction<T>(fn: () => Promise<T>): Promise<T>;
  /** The first column of the first row, `pid`. */
  query(text: string): Promise<unknown>;
}

/** Sequelize's use of a namespace over a pool, and nothing else of it. */
export function fakeSequelize(pool: LifeguardPool): FakeSequelize {
  let cls: ClsNamespace | undefined;
  return {
    useCLS(namespace) {
      if (typeof namespace.bind !== 'function' || typeof namespace.run !== 'function')
        throw new Error('Must provide CLS namespace');
      cls = namespace;
    },
    async transaction(fn) {
      const run = async () => {
        const client = await pool.connect();
        let failure: unknown;
        try {
          await client.query('begin');
          cls?.set('transaction', client);
          const result = await fn();
          await client.query('commit');
          return result;
        } catch (error) {
          failure = error;
          throw error;
        } finally {
          if (cls?.get('transaction') === client) cls.set('transaction', null);
          client.release(failure !== undefined);
        }
      };
      let result: ReturnType<typeof run> | undefined;
      cls?.run(() => {
        result = run();
      });
      return result ?? run();
    },
    async query(text) {
      const transaction = cls?.get('transaction') as Client | null | undefined;
      const { rows } = await (transaction ?? pool).query<{ pid: unknown }>(text);
      return rows[0]?.pid;
    },
  };
}
