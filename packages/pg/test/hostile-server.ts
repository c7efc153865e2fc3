import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A message of the backend: a type, the length of what follows, and that. */
export function frame(type: string, body: Uint8Array | string = ''): Buffer {
  const content = Buffer.from(body);
  const head = Buffer.alloc(5);
  head.write(type, 0, 'latin1');
  head.writeInt32BE(content.length + 4, 1);
  return Buffer.concat([head, content]);
}

const text = (value: string): string => `${value}\0`;
const READY = frame('Z', 'I');
const COLUMN = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 25, 255, 255, 255, 255, 255, 255, 0, 0]);

/** What an honest server says when a connection begins, and to each query: one row with one column. */
export const GREETING: readonly Buffer[] = [
  frame('R', Buffer.from([0, 0, 0, 0])),
  frame('S', text('server_version') + text('17.0')),
  frame('K', Buffer.from([0, 0, 0, 7, 0, 0, 0, 9])),
  READY,
];
export const ANSWER: readonly Buffer[] = [
  frame('T', Buffer.concat([Buffer.from([0, 1]), Buffer.from(text('one')), COLUMN])),
  frame('D', Buffer.concat([Buffer.from([0, 1, 0, 0, 0, 1]), Buffer.from('1')])),
  frame('C', text('SELECT 1')),
  READY,
];

/** What a server says instead; left out, what an honest one would. Bytes may be anything. */
export interface Hostility {
  readonly greeting?: Uint8Array;
  readonly answer?: Uint8Array;
  /** Whether it closes the connection behind that. */
  readonly hangsUp?: boolean;
}

/** Speaks enough of the protocol for a client to connect and query; is as hostile as it is told to be. */
export class HostileServer {
  hostility: Hostility = {};
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  /** One that ends with the test. */
  static async start(): Promise<HostileServer> {
    const server = new HostileServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => server.#stop());
    return server;
  }

  private constructor() {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    let isNew = true;
    socket.on('data', (data) => {
      const { greeting, answer, hangsUp = false } = this.hostility;
      // The first message has no type; a cancel request is answered by the end of its connection.
      if (isNew && data.length === 16) return void socket.end();
      const said = isNew ? (greeting ?? Buffer.concat(GREETING)) : (answer ?? Buffer.concat(ANSWER));
      if (!isNew && data[0] === 'X'.charCodeAt(0)) return void socket.end();
      const isHostile = isNew ? greeting !== undefined : answer !== undefined;
      isNew = false;
      socket.write(said);
      if (isHostile && hangsUp) socket.end();
    });
  }

  async #stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
