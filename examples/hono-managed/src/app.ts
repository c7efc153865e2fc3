import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { validator } from 'hono/validator';
import type { DatabaseHealth } from '@lifeguard/core';
import { healthHandler, honoScope } from '@lifeguard/core/http';
import { PROMETHEUS_CONTENT_TYPE, prometheusMetrics } from '@lifeguard/metrics';
import type { Db } from './database.ts';
import { deadline } from './deadline.ts';
import { log } from './log.ts';
import { addProduct, NothingToOrder, placeOrder } from './orders.ts';
import { problemOf } from './problem.ts';
import { makeReport } from './report.ts';
import { isOrder, isProduct } from './shapes.ts';

export function buildApp(db: Db, health: DatabaseHealth): Hono {
  const app = new Hono();
  app.onError(answerError);
  // Before the scope: probes and scrapes are nobody's request.
  const probe = healthHandler(health);
  for (const path of ['/livez', '/readyz'])
    app.get(path, (context) => probe(context.req.raw) ?? context.notFound());
  const metrics = prometheusMetrics();
  app.get('/metrics', (context) => context.body(metrics(), 200, { 'content-type': PROMETHEUS_CONTENT_TYPE }));
  // A connection that is still held when its request is over is reported within a second, with the name of the route.
  app.use(honoScope());
  app.use(bodyLimit({ maxSize: 64 * 1024 }));

  app.post('/products', deadline(2_000), product, async (context) => {
    const { name, priceCents, stock } = context.req.valid('json');
    return context.json(await addProduct(db, { name, price_cents: priceCents, stock }), 201);
  });
  app.post('/orders', deadline(3_000), order, async (context) => {
    const { customer, lines } = context.req.valid('json');
    return context.json(await placeOrder(db, customer, lines), 201);
  });
  app.get('/report', deadline(5_000), async (context) => context.json(await makeReport(db)));
  return app;
}

const product = validator('json', (body) => {
  if (isProduct(body)) return body;
  throw new HTTPException(400, { message: 'a product has a name, priceCents and a stock' });
});

const order = validator('json', (body) => {
  if (isOrder(body)) return body;
  throw new HTTPException(400, {
    message: 'an order has a customer, and 1 to 50 lines, each of another productId and its quantity',
  });
});

/** Details are for the log. */
function answerError(error: Error, context: Context): Response {
  if (error instanceof HTTPException) return context.json({ error: error.message }, error.status);
  if (error instanceof NothingToOrder) return context.json({ error: error.message }, 409);
  // The caller has gone: its work was cancelled, and nobody reads the answer.
  if (context.req.raw.signal.aborted) return context.body(null, 408);
  const { status, headers, body } = problemOf(error);
  // At a deadline both the route and its handler fail; the first of them is the answer.
  if (!context.finalized)
    log.error({ method: context.req.method, path: context.req.path, code: body.code }, error.message);
  return context.json(body, status, headers);
}
