import { createServer } from 'node:tls';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import type { Socket } from 'node:net';

/** In place of a protocol version. */
const SSL_REQUEST = 80_877_103;
/** A key that both sides know takes the place of certificates, which would have to be made and would expire. */
const IDENTITY = 'test';
const KEY = Buffer.alloc(32, 7);
const SUITE = { ciphers: 'PSK', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;

/** What a client of `serveTls` passes as `ssl`. */
export const TLS_CLIENT: ConnectionOptions = {
  ...SUITE,
  pskCallback: () => ({ identity: IDENTITY, psk: KEY }),
  checkServerIdentity: () => undefined,
};

export function isSslRequest(first: Buffer): boolean {
  return first.length === 8 && first.readInt32BE(4) === SSL_REQUEST;
}

/** Grants the request, and speaks TLS from then on. */
export function serveTls(socket: Socket, onSecure: (secure: TLSSocket) => void): void {
  // It does not listen: it is given the sockets that have come by another way.
  const server = createServer({
    ...SUITE,
    pskCallback: (_socket: TLSSocket, identity: string) => (identity === IDENTITY ? KEY : null),
  });
  server.on('secureConnection', onSecure);
  server.on('tlsClientError', () => socket.destroy());
  socket.write('S');
  server.emit('connection', socket);
}
