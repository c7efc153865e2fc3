import type { Duplex } from 'node:stream';
import type { DriverClient } from './driver-types.ts';
import { FrameCheck } from './frame-check.ts';

type Read = (data: Uint8Array) => unknown;

/**
 * pg reads what the server sends in a listener of its socket, and throws there at what it does not understand; so may a
 * listener for the server's notices. Nobody could catch that, and a server, or who speaks in its place, could end the process.
 * Here it ends the connection, and so does what would keep pg busy for ever ({@link FrameCheck}). Does nothing on a client that reads elsewhere (pg-native).
 */
export function containParser(client: DriverClient): void {
  const { connection } = client;
  const attach = connection?.attachListeners?.bind(connection);
  if (connection === undefined || attach === undefined) return;
  connection.attachListeners = (stream) => {
    const before = new Set(stream.listeners('data'));
    const attached: unknown = attach(stream);
    for (const listener of stream.listeners('data')) {
      if (before.has(listener)) continue;
      stream.off('data', listener as Read);
      stream.on('data', contained(stream, listener as Read));
    }
    return attached;
  };
}

function contained(stream: Duplex, read: Read): Read {
  const check = new FrameCheck();
  let isBroken = false;
  return (data) => {
    // What follows cannot be read any more: where the next message begins is not known.
    if (isBroken) return;
    try {
      check.read(data);
      read.call(stream, data);
    } catch (error) {
      isBroken = true;
      stream.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  };
}
