import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { type Generated, Kysely } from 'kysely';
import { serveAdmin } from '@lifeguard/admin';
import type { DatabaseSettings } from '@lifeguard/config';
import { DatabaseHealth } from '@lifeguard/core';
import { LifeguardDialect } from '@lifeguard/kysely';
import { LifeguardPool } from '@lifeguard/pg';
import { migrate } from './migrations.ts';

export interface Tables {
  accounts: {
    id: Generated<number>;
    owner: string;
    balance_cents: number;
  };
  transfers: {
    id: Generated<number>;
    from_id: number;
    to_id: number;
    amount_cents: number;
    made_at: Generated<Date>;
  };
}

declare module 'fastify' {
  interface FastifyInstance {
    readonly db: Kysely<Tables>;
    readonly health: DatabaseHealth;
  }
}

/** Adds `app.db` and `app.health`; they are closed with the app, after its last request. */
export const database = fp(
  async (app: FastifyInstance, { settings }: { readonly settings: DatabaseSettings }) => {
    if (settings.url === undefined) throw new Error('set DATABASE_URL: see .env.example');
    // It logs every suspected leak by itself.
    const pool = new LifeguardPool({ connectionString: settings.url, ...settings.pool, logger: app.log });
    const db = new Kysely<Tables>({ dialect: new LifeguardDialect({ pool }) });
    app.decorate('db', db);
    app.decorate('health', new DatabaseHealth(pool));
    app.addHook('onClose', () => db.destroy());
    await migrate(db);
    // For `lifeguard status` and its like, by a socket that only this user can reach.
    const admin = await serveAdmin({
      pools: [pool],
      name: 'accounts',
      allow: ['reclaim', 'evict', 'resume'],
    });
    app.addHook('onClose', () => admin.close());
  },
  { name: 'database' },
);
