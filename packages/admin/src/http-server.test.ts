import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { expect, it, vi } from 'vitest';
import { createAdminServer } from './http-server.ts';

it('security rule 2: a connection that was refused does not act, whatever it had sent before it knew', () => {
  const listener = vi.fn<() => void>();
  const server = createAdminServer(listener, 15_000);
  const request = new IncomingMessage(new Socket());
  server.emit('request', request, new ServerResponse(request));
  expect(listener).not.toHaveBeenCalled();
  expect(request.socket.destroyed).toBe(true);
});

it('every wait of the server is bounded', () => {
  const server = createAdminServer(() => undefined, 100_000);
  expect(server.headersTimeout).toBe(5_000);
  expect(server.requestTimeout).toBe(10_000);
  // Four heartbeats: a reader of events is not idle.
  expect(server.timeout).toBe(400_000);
  expect(server.maxConnections).toBe(8);
});
