import type { Socket } from 'node:net';

/** What went over the wire, by message; the names of the types are those of PostgreSQL's protocol, one letter each. */
export class WireLog {
  /** Messages of clients, the first of a connection left out. A simple query with its text, other types by their letter. */
  readonly sent: string[] = [];
  /** How often a server was ready for the next query: one a round trip. */
  readyCount = 0;

  clear(): void {
    this.sent.length = 0;
    this.readyCount = 0;
  }

  listen(client: Socket, server: Socket): void {
    const fromClient = new MessageReader((type, body) => {
      this.sent.push(type === 'Q' ? body.toString('utf8', 0, body.length - 1) : type);
    });
    // The startup message has no type.
    fromClient.skipUntyped = true;
    const fromServer = new MessageReader((type) => {
      if (type === 'Z') this.readyCount += 1;
    });
    client.on('data', (chunk: Buffer) => fromClient.read(chunk));
    server.on('data', (chunk: Buffer) => fromServer.read(chunk));
  }
}

class MessageReader {
  readonly #onMessage: (type: string, body: Buffer) => void;
  #pending: Buffer = Buffer.alloc(0);
  skipUntyped = false;

  constructor(onMessage: (type: string, body: Buffer) => void) {
    this.#onMessage = onMessage;
  }

  read(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    for (let head = this.#head; this.#pending.length >= head + 4; head = this.#head) {
      const end = head + this.#pending.readUInt32BE(head);
      if (this.#pending.length < end) return;
      if (head === 1)
        this.#onMessage(String.fromCharCode(this.#pending[0] ?? 0), this.#pending.subarray(5, end));
      this.skipUntyped = false;
      this.#pending = this.#pending.subarray(end);
    }
  }

  /** Bytes before the length. */
  get #head(): number {
    return this.skipUntyped ? 0 : 1;
  }
}
