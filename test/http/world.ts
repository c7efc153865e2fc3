import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { currentSession } from '@lifeguard/core';
import type { Session } from '@lifeguard/core';
import { expect, onTestFinished } from 'vitest';

/** What a test chooses; the application of each framework translates it. */
export interface ScopeChoices {
  readonly timeoutMs?: number;
  readonly leakThresholdMs?: number;
  readonly tags?: (header: (name: string) => string | undefined) => Record<string, string>;
}

/**
 * What every application under test offers, whichever framework it is made with. `visit` is what a handler does:
 *
 * - `GET /orders/:id` visits with the id, and answers `ok`
 * - `POST /orders` reads a JSON body, visits with its `id`, and answers with it
 * - `GET /fails` visits, and throws; the error handler visits as `error` and answers 500
 * - `GET /stream` visits, and answers with a body of `world.chunks`
 * - anything else visits as `nowhere`, and is answered with 404
 */
export type StartApplication = (world: World, choices: ScopeChoices) => Promise<Server>;

interface Visit {
  readonly what: string;
  readonly scope: Session | undefined;
}

/** One application under test, and what its handlers saw. */
export class World {
  readonly visits: Visit[] = [];
  /** What a handler does besides. */
  onVisit: (what: string) => unknown = () => undefined;
  chunks: () => AsyncIterable<string> = async function* () {};
  #server: Server | undefined;
  readonly sockets: Socket[] = [];
  /** Requests that have reached the server. */
  arrived = 0;

  /** Starts an application that ends with the test. */
  static async start(start: StartApplication, choices: ScopeChoices = {}): Promise<World> {
    const world = new World();
    const server = await start(world, choices);
    world.#server = server;
    server.on('connection', (socket: Socket) => world.sockets.push(socket));
    server.on('request', () => (world.arrived += 1));
    onTestFinished(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return world;
  }

  get port(): number {
    const address = this.#server?.address();
    if (typeof address !== 'object' || address === null) throw new Error('the application does not listen');
    return address.port;
  }

  /** What every handler calls. Its scope is asked for before and after it has waited. */
  async visit(what: string): Promise<void> {
    const scope = currentSession();
    this.visits.push({ what, scope });
    await this.onVisit(what);
    expect(currentSession()).toBe(scope);
  }

  /** The scope that a handler saw; fails when there was none. */
  scopeOf(what: string): Session {
    const scope = this.visits.find((visit) => visit.what === what)?.scope;
    if (scope === undefined) throw new Error(`no visit of "${what}" in a scope`);
    return scope;
  }
}
