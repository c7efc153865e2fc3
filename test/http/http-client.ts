import { Agent, request } from 'node:http';
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

export interface Answer {
  readonly status: number | undefined;
  readonly body: string;
}

/** One request under way: its body can be written in pieces, its answer waited for, or the whole be broken off. */
export interface Call {
  readonly outgoing: ClientRequest;
  /** Settles with the head of the answer. */
  readonly head: Promise<IncomingMessage>;
  answer(): Promise<Answer>;
}

/** Nothing may print it; see scripts/canary.ts. */
const PLANTED = 'LgCanary9credentials';

/** Begins a request; the caller ends `outgoing`. */
export function begin(port: number, path: string, options: RequestOptions = {}): Call {
  const outgoing = request({ host: '127.0.0.1', port, path, agent: false, ...options });
  outgoing.setHeader('authorization', `Bearer ${PLANTED}`);
  outgoing.setHeader('cookie', `session=${PLANTED}`);
  const head = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.on('error', reject);
  });
  // Whoever breaks a request off does not wait for its head.
  head.catch(() => undefined);
  const answer = async (): Promise<Answer> => {
    const incoming = await head;
    return { status: incoming.statusCode, body: await text(incoming) };
  };
  return { outgoing, head, answer };
}

/** A whole request without a body. */
export function get(port: number, path: string, options: RequestOptions = {}): Promise<Answer> {
  const call = begin(port, path, options);
  call.outgoing.end();
  return call.answer();
}

/** An agent that has one connection and keeps it. */
export function oneConnection(): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  return agent;
}
