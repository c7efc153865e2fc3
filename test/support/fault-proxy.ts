import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { isSslRequest, serveTls } from './tls-front.ts';

/** What becomes of a connection that is new. `mute`: it is accepted, and nothing more. */
export type Greeting = 'pass' | 'mute' | 'tls' | 'tls-refused' | 'tls-stalled' | 'http';

/** An end is passed on, and not answered: else a client would take a backend for gone that is about to go. */
const HALF_OPEN = { allowHalfOpen: true } as const;

/** One connection through the proxy. On a `dark` one nothing passes any more, not even its end. */
interface Link {
  readonly sockets: readonly Socket[];
  dark: boolean;
}

/** A way to the server on which networks fail: needs no rights, and disturbs nobody else. */
export class FaultProxy implements AsyncDisposable {
  /** New connections go there. */
  targetPort: number;
  greeting: Greeting = 'pass';
  /** Connections that clients have opened. */
  accepted = 0;
  readonly #links = new Set<Link>();
  readonly #host: string;
  #server: Server | undefined;
  #port = 0;

  /** `host`: where it listens. */
  constructor(targetPort: number, host = '127.0.0.1') {
    this.targetPort = targetPort;
    this.#host = host;
  }

  get port(): number {
    return this.#port;
  }

  async open(): Promise<void> {
    this.#server = createServer(HALF_OPEN, (socket) => this.#accept(socket)).listen(this.#port, this.#host);
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as { port: number }).port;
  }

  /** Refuses new connections; the present ones go on. */
  async refuse(): Promise<void> {
    this.#server?.close();
    this.#server = undefined;
    // The listening socket is closed in this turn of the loop; `close` would wait for the present connections.
    await new Promise(setImmediate);
  }

  /** Resets the present connections: both sides are told. */
  reset(): void {
    for (const { sockets } of this.#links) for (const socket of sockets) socket.resetAndDestroy();
  }

  /** Resets the present connections on the side of the clients; the server does not hear of it. */
  resetClients(): void {
    for (const link of this.#links) {
      link.dark = true;
      for (const socket of link.sockets) socket.unpipe().pause();
      link.sockets[0]?.resetAndDestroy();
    }
  }

  /** The present connections stay open and carry nothing any more: no side hears of it. */
  darken(): void {
    for (const link of this.#links) {
      link.dark = true;
      for (const socket of link.sockets) socket.unpipe().pause();
    }
  }

  /** As when the network is back: what went dark is found to be dead, on both sides. */
  light(): void {
    for (const { dark, sockets } of this.#links)
      if (dark) for (const socket of sockets) socket.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.refuse();
    for (const { sockets } of this.#links) for (const socket of sockets) socket.destroy();
  }

  #accept(socket: Socket): void {
    this.accepted += 1;
    socket.setNoDelay(true);
    if (this.greeting === 'mute') {
      this.#watch({ sockets: [socket], dark: false });
      socket.resume();
    } else if (this.greeting === 'pass') this.#forward(socket);
    else this.#greet(socket, this.greeting);
  }

  #forward(socket: Socket): void {
    const target = connect({ ...HALF_OPEN, port: this.targetPort, host: '127.0.0.1', noDelay: true });
    this.#watch({ sockets: [socket, target], dark: false });
    socket.pipe(target).pipe(socket);
  }

  #greet(socket: Socket, greeting: Exclude<Greeting, 'pass' | 'mute'>): void {
    const link = { sockets: [socket], dark: false };
    this.#watch(link);
    socket.once('data', (first: Buffer) => {
      if (!isSslRequest(first)) return void socket.destroy();
      if (greeting === 'tls-refused') socket.write('N');
      else if (greeting === 'tls-stalled') socket.write('S');
      else if (greeting === 'http') socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
      else this.#forwardTls(socket);
    });
  }

  #forwardTls(socket: Socket): void {
    const target = connect({ ...HALF_OPEN, port: this.targetPort, host: '127.0.0.1', noDelay: true });
    this.#watch({ sockets: [socket, target], dark: false });
    serveTls(socket, (secure) => {
      secure.on('error', () => undefined);
      secure.pipe(target).pipe(secure);
    });
  }

  #watch(link: Link): void {
    this.#links.add(link);
    for (const socket of link.sockets) {
      // What is wrong with it is told by its end.
      socket.on('error', () => undefined);
      socket.once('close', () => {
        if (link.sockets.every(({ destroyed }) => destroyed)) this.#links.delete(link);
        if (link.dark) return;
        for (const other of link.sockets) other.destroySoon();
      });
    }
  }
}
