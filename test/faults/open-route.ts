import { startPgBouncer, targetOf } from '../support/pgbouncer.ts';
import type { PgBouncer } from '../support/pgbouncer.ts';
import { MAX } from './world.ts';
import type { Route, World } from './world.ts';

/** A way to the server, without the proxy in front of it. */
export interface OpenRoute extends AsyncDisposable {
  readonly port: number;
  /** What is left of the application on the server, or on the pooler. */
  countLeft(world: World): Promise<number>;
}

/** As many connections to the server as the application may have, so that it is not the pooler who makes it wait. */
export async function openRoute(route: Route, world: World): Promise<OpenRoute> {
  if (route === 'direct') {
    return {
      port: world.server.port,
      countLeft: async () => (await world.backends()).length,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
  // It tries again after 15 s when the server was away, unless it is told otherwise.
  const settings = { server_login_retry: 1 };
  const start = (): Promise<PgBouncer> =>
    startPgBouncer({ target: targetOf(world.url), poolSize: MAX, settings });
  let pooler = await start();
  world.restartPooler = async (awayMs) => {
    await pooler.stop();
    await world.last(awayMs);
    pooler = await start();
    world.proxy.targetPort = pooler.port;
  };
  return {
    port: pooler.port,
    countLeft: async () => {
      const clients = await pooler.admin('show clients');
      return clients.filter(({ database }) => database === world.database).length;
    },
    [Symbol.asyncDispose]: () => pooler.stop(),
  };
}
