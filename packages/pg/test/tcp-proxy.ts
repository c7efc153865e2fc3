import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import type { WireLog } from './wire-log.ts';

/** The code of a cancel request, in place of a protocol version. */
const CANCEL_REQUEST = 80_877_102;

/** A way to the server that can be cut, like a restart or a failover, without disturbing other tests. */
export class TcpProxy implements AsyncDisposable {
  #target: URL;
  readonly #log: WireLog | undefined;
  readonly #sockets = new Set<Socket>();
  readonly #clients = new Set<Socket>();
  #server: Server | undefined;
  #holdsCancels = false;
  #port = 0;

  constructor(target: string, log?: WireLog) {
    this.#target = new URL(target);
    this.#log = log;
  }

  /** The target's URL, by way of this proxy. */
  get url(): string {
    const url = new URL(this.#target);
    url.hostname = '127.0.0.1';
    url.port = String(this.#port);
    return url.href;
  }

  async open(): Promise<void> {
    this.#server = createServer((socket) => this.#forward(socket)).listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as { port: number }).port;
  }

  /** Where new connections go from now on; the present ones stay where they are. */
  leadTo(target: string): void {
    this.#target = new URL(target);
  }

  /** Refuses new connections and drops the present ones. */
  async cut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(server, 'close');
  }

  /** Keeps the present connections open, and passes nothing on any more. */
  pause(): void {
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  /** Resets the clients' sockets; the server does not hear of it. */
  resetClients(): void {
    this.pause();
    for (const socket of this.#clients) {
      socket.removeAllListeners('close');
      socket.resetAndDestroy();
    }
    this.#clients.clear();
  }

  /** From now on cancel requests do not arrive; their sockets stay open. */
  holdCancels(): void {
    this.#holdsCancels = true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cut();
  }

  #forward(socket: Socket): void {
    const target = connect(Number(this.#target.port || 5432), this.#target.hostname);
    this.#log?.listen(socket, target);
    this.#clients.add(socket);
    socket.once('close', () => this.#clients.delete(socket));
    for (const [one, other] of [
      [socket, target],
      [target, socket],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => undefined);
      one.once('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
    target.pipe(socket);
    socket.once('data', (first: Buffer) => {
      if (this.#holdsCancels && first.readInt32BE(4) === CANCEL_REQUEST) return;
      target.write(first);
      socket.pipe(target);
    });
  }
}
