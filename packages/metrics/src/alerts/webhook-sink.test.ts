import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, test, vi } from 'vitest';
import { ManualClock } from '@lifeguard/core/testing';
import type { Alert } from './alert.ts';
import type { WebhookOptions } from './webhook-options.ts';
import { webhookSink } from './webhook-sink.ts';

interface Call {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
});

/** A receiver on this machine that gives these answers one after the other, then 200. */
async function receiver(...answers: readonly (Answer | number)[]): Promise<{ url: string; calls: Call[] }> {
  const calls: Call[] = [];
  const left = [...answers];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => (body += part));
    request.on('end', () => {
      calls.push({ path: request.url ?? '', headers: request.headers, body });
      const answer = left.shift() ?? 200;
      if (typeof answer === 'function') answer(response, request);
      else response.writeHead(answer).end('thanks');
    });
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/T0/B0/s3cr3t?key=s3cr3t`, calls };
}

const alert = (parts: Partial<Alert> = {}): Alert => ({
  schemaVersion: 1,
  status: 'firing',
  id: 'leaks/main',
  rule: 'leaks',
  severity: 'warning',
  pool: 'main',
  summary: '9 of 9 leases are suspected of being leaked',
  evidence: ['the pool has 10 connections at most'],
  fix: 'release in "finally"',
  value: 9,
  above: 5,
  at: '2026-01-01T00:00:00.000Z',
  since: '2026-01-01T00:00:00.000Z',
  lastedMs: 5_000,
  holder: { place: 'src/orders.ts:42 createOrder', count: 9, maxHeldMs: 41_000 },
  ...parts,
});

function sinkTo(url: string, options: Partial<WebhookOptions> = {}) {
  const clock = new ManualClock();
  const logged: string[] = [];
  const logger = {
    warn: (_: object, text: string) => void logged.push(text),
    error: (fields: object, text: string) => void logged.push(`${text} ${JSON.stringify(fields)}`),
  };
  const sink = webhookSink({ url, clock, logger, random: { next: () => 0.5 }, source: 'shop', ...options });
  /** Moves the clock by the second until all is delivered or given up. */
  const drained = (): Promise<void> => until(async () => (await left()) === 0, clock);
  const left = async (): Promise<number> => {
    const flushed = sink.flush?.(0) ?? Promise.resolve(0);
    await clock.advance(0);
    return flushed;
  };
  return { sink, clock, logged, drained, left };
}

/** Polls under a deadline; the clock of the sink goes on meanwhile. */
async function until(condition: () => Promise<boolean> | boolean, clock?: ManualClock): Promise<void> {
  await vi.waitFor(
    async () => {
      if (await condition()) return;
      await clock?.advance(250);
      throw new Error('not yet');
    },
    { timeout: 10_000, interval: 2 },
  );
}

describe('a webhook', () => {
  it('is sent each notification as JSON with its source, in order', async () => {
    const { url, calls } = await receiver();
    const { sink, drained, logged } = sinkTo(url, { headers: { authorization: 'Bearer x' } });
    for (const status of ['firing', 'reminder', 'resolved'] as const) sink.send(alert({ status }));
    await drained();
    expect(calls.map(({ body }) => JSON.parse(body).alert.status)).toEqual([
      'firing',
      'reminder',
      'resolved',
    ]);
    expect(JSON.parse(calls[0]?.body ?? '')).toEqual({ schemaVersion: 1, source: 'shop', alert: alert() });
    expect(calls[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      authorization: 'Bearer x',
    });
    expect(calls[0]?.path).toBe('/T0/B0/s3cr3t?key=s3cr3t');
    expect(logged).toEqual([]);
  });

  it('is signed, when there is a secret, in a way that a receiver can check', async () => {
    const { url, calls } = await receiver();
    const { sink, drained } = sinkTo(url, { secret: 'shared' });
    sink.send(alert());
    await drained();
    const [, seconds, mac] =
      /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(calls[0]?.headers['x-lifeguard-signature'])) ?? [];
    expect(mac).toBe(createHmac('sha256', 'shared').update(`${seconds}.${calls[0]?.body}`).digest('hex'));
  });

  it('of Slack is sent a text in which nothing is a link or a mention', async () => {
    const { url, calls } = await receiver();
    const { sink, drained } = sinkTo(url, { format: 'slack' });
    sink.send(alert({ pool: '<!channel>', evidence: ['a & b'] }));
    sink.send({
      schemaVersion: 1,
      status: 'more',
      summary: 'and 1 more: 1× leaks firing',
      severity: 'warning',
      count: 1,
      alerts: [{ id: 'leaks/main', status: 'firing', rule: 'leaks', severity: 'warning', pool: 'main' }],
      at: '',
    });
    await drained();
    expect(calls.map(({ body }) => JSON.parse(body).text.split('\n'))).toEqual([
      [
        '*warning leaks of pool "&lt;!channel&gt;" fires: 9 of 9 leases are suspected of being leaked*',
        'for 5s',
        '• a &amp; b',
        '• held by src/orders.ts:42 createOrder (9 suspected, for up to 41s)',
        'what to do: release in "finally"',
        '_shop_',
      ],
      ['*and 1 more: 1× leaks firing*', '• leaks/main firing', '_shop_'],
    ]);
  });

  it.each([500, 503, 429, 408])(
    'that answers %i is tried again, with the same delivery id',
    async (status) => {
      const { url, calls } = await receiver(status, status);
      const { sink, drained, logged } = sinkTo(url);
      sink.send(alert());
      await drained();
      expect(calls).toHaveLength(3);
      expect(new Set(calls.map(({ headers }) => headers['x-lifeguard-delivery'])).size).toBe(1);
      expect(logged).toEqual([]);
    },
  );

  it('is given up after the last attempt, and what comes next is delivered', async () => {
    const { url, calls } = await receiver(500, 500, 500);
    const { sink, drained, logged } = sinkTo(url, { retries: 2 });
    sink.send(alert());
    sink.send(alert({ status: 'resolved' }));
    await drained();
    expect(calls).toHaveLength(4);
    expect(logged).toEqual([
      expect.stringMatching(
        /^LG_ALERT_UNDELIVERED: the webhook at http:\/\/127\.0\.0\.1:\d+\/\*\*\* has not taken leaks\/main \(firing\): it answered 500 \(attempt 3\) /,
      ),
    ]);
    expect(logged.join()).not.toContain('s3cr3t');
  });

  it('that refuses is not tried again', async () => {
    const { url, calls } = await receiver(404);
    const { sink, drained, logged } = sinkTo(url);
    sink.send(alert());
    await drained();
    expect(calls).toHaveLength(1);
    expect(logged[0]).toContain('it answered 404 (attempt 1)');
  });

  it('that sends it elsewhere is not followed', async () => {
    const other = await receiver();
    const { url } = await receiver((response) => response.writeHead(307, { location: other.url }).end());
    const { sink, drained, logged } = sinkTo(url, { secret: 'shared' });
    sink.send(alert());
    await drained();
    expect(other.calls).toEqual([]);
    expect(logged[0]).toContain('it answered 307, and redirects are not followed');
    expect(logged.join()).not.toContain('s3cr3t');
  });

  it('that does not answer in time is tried again', async () => {
    const { url, calls } = await receiver(
      () => undefined,
      () => undefined,
    );
    const { sink, drained, clock, logged } = sinkTo(url, { timeoutMs: 5_000, retries: 1 });
    sink.send(alert());
    await until(() => calls.length === 1);
    await clock.advance(4_900);
    expect(calls).toHaveLength(1);
    await drained();
    expect(calls).toHaveLength(2);
    expect(logged[0]).toContain('no answer within 5000 ms (attempt 2)');
  });

  it('that cannot be reached is told of by the code of the failure', async () => {
    const { url } = await receiver();
    const port = new URL(url).port;
    const server = servers.pop() as Server;
    server.close();
    await once(server, 'close');
    const { sink, drained, logged } = sinkTo(`http://127.0.0.1:${port}/s3cr3t`, { retries: 0 });
    sink.send(alert());
    await drained();
    expect(logged[0]).toContain(': ECONNREFUSED (attempt 1)');
    expect(logged.join()).not.toContain('s3cr3t');
  });

  it('that cuts the connection in its answer is tried again', async () => {
    const { url, calls } = await receiver((_, request) => request.socket.destroy());
    const { sink, drained } = sinkTo(url);
    sink.send(alert());
    await drained();
    expect(calls).toHaveLength(2);
  });

  it('that answers without an end is not read', async () => {
    let isClosed = false;
    const { url, calls } = await receiver((response) => {
      response.writeHead(200);
      const more = setInterval(() => response.write('x'.repeat(65_536)), 1);
      response.on('close', () => {
        clearInterval(more);
        isClosed = true;
      });
    });
    const { sink, drained } = sinkTo(url);
    sink.send(alert());
    sink.send(alert({ status: 'resolved' }));
    await drained();
    expect(calls).toHaveLength(2);
    await until(() => isClosed);
  });

  it('that says when to come back is not asked before, up to a minute', async () => {
    const later =
      (value: string): Answer =>
      (response) =>
        void response.writeHead(429, { 'retry-after': value }).end();
    const { url, calls } = await receiver(later('20'), later('86400'));
    const { sink, clock, left } = sinkTo(url);
    sink.send(alert());
    await until(() => calls.length === 1);
    await until(() => clock.pendingTimers === 1);
    await until(async () => {
      await clock.advance(0);
      return clock.pendingTimers === 1;
    });
    await clock.advance(19_000);
    expect(calls).toHaveLength(1);
    await until(() => calls.length === 2, clock);
    await until(async () => (await left()) === 0, clock);
    expect(calls).toHaveLength(3);
    expect(clock.now() - 1_000_000).toBeGreaterThanOrEqual(80_000);
    expect(clock.now() - 1_000_000).toBeLessThan(120_000);
  });

  it('that hangs does not make a heap: of more than a hundred that wait the oldest are given up', async () => {
    const { url, calls } = await receiver((response) => void setTimeout(() => response.end(), 20));
    const { sink, drained, logged } = sinkTo(url);
    for (let index = 0; index < 130; index += 1) sink.send(alert({ id: `leaks/p${index}` }));
    await drained();
    expect(calls).toHaveLength(101);
    expect(JSON.parse(calls[1]?.body ?? '').alert.id).toBe('leaks/p30');
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain('leaks/p1 (firing): 100 newer ones wait as well');
  });

  it('keeps the process alive only while it is flushed, and for as long as that may take', async () => {
    const { url, calls } = await receiver(500);
    const { sink, clock } = sinkTo(url, { backoffMs: 30_000 });
    expect(await sink.flush?.(1_000)).toBe(0);
    sink.send(alert());
    await until(() => calls.length === 1);
    await until(() => clock.pendingTimers === 1);
    expect(clock.keepAliveTimers).toBe(0);
    const flushed = sink.flush?.(5_000);
    expect(clock.keepAliveTimers).toBe(1);
    await clock.advance(5_000);
    expect(await flushed).toBe(1);
    expect(clock.keepAliveTimers).toBe(0);
  });
});

test.each([
  ['no address', 'webhook.url', { url: 's3cr3t' }],
  ['another scheme', 'webhook.url', { url: 'file:///s3cr3t' }],
  ['a password in it', 'webhook.url', { url: 'https://joe:s3cr3t@example.com/' }],
  ['no text', 'webhook.url', { url: undefined }],
  ['wrong headers', 'webhook.headers', { url: 'https://x.example', headers: { a: 's3cr3t\nb' } }],
  ['no secret', 'webhook.secret', { url: 'https://x.example', secret: '' }],
  ['another format', 'webhook.format', { url: 'https://x.example', format: 'xml' }],
  ['too many attempts', 'webhook.retries', { url: 'https://x.example', retries: 1_000 }],
  ['an option that is none', 'webhook.uri', { url: 'https://x.example', uri: 's3cr3t' }],
])('a webhook with %s is refused, without showing it', (_name, option, options) => {
  const make = () => webhookSink(options as never);
  expect(make).toThrow(expect.objectContaining({ code: 'LG_INVALID_OPTION', option }));
  expect(make).not.toThrow(/s3cr3t/);
});
