import express from 'express';
import type { ErrorRequestHandler, Express } from 'express';
import type { DatabaseHealth } from '@lifeguard/core';
import { expressHealth, expressScope } from '@lifeguard/core/http';
import type { AttachedPool } from '@lifeguard/kysely';
import { PROMETHEUS_CONTENT_TYPE, prometheusMetrics } from '@lifeguard/metrics';
import type { Db } from './database.ts';
import { addEvent, book, listEvents, SoldOut } from './events.ts';
import { log } from './log.ts';
import { codeOf, problemOf } from './problem.ts';

export function buildApp(db: Db, pool: AttachedPool, health: DatabaseHealth): Express {
  const app = express();
  app.disable('x-powered-by');
  // Before the scope: probes and scrapes are nobody's request.
  app.use(expressHealth(health));
  const metrics = prometheusMetrics([pool]);
  app.get('/metrics', (_request, response) => {
    response.setHeader('content-type', PROMETHEUS_CONTENT_TYPE).end(metrics());
  });
  // A connection that is still held when its request is over is reported within a second, with the name of the route.
  app.use(expressScope());
  app.use(express.json({ limit: '64kb' }));

  app.get('/events', async (_request, response) => {
    response.json(await listEvents(db));
  });
  app.post('/events', async (request, response) => {
    const { name, seats } = fieldsOf(request.body);
    if (!isText(name) || !isCount(seats)) throw new BadRequest('an event has a name, and seats');
    response.status(201).json(await addEvent(db, name, seats));
  });
  app.post('/events/:id/bookings', async (request, response) => {
    const { customer, seats } = fieldsOf(request.body);
    const id = Number(request.params.id);
    if (!isCount(id) || !isText(customer) || !isCount(seats))
      throw new BadRequest('a booking has a customer, and seats');
    response.status(201).json(await book(db, id, customer, seats));
  });
  app.use((_request, response) => void response.status(404).json({ error: 'there is nothing here' }));
  app.use(answerError);
  return app;
}

/** The caller's mistake. */
class BadRequest extends Error {
  readonly status = 400;
}

/** What Express, or a route, says of the request goes to the caller; anything else is for the log. */
const answerError: ErrorRequestHandler = (error: unknown, request, response, next) => {
  if (response.headersSent) return next(error);
  const status = error instanceof SoldOut ? 409 : statusOf(error);
  if (error instanceof Error && status < 500) return response.status(status).json({ error: error.message });
  const { method, path } = request;
  log.error({ method, path, code: codeOf(error) }, error instanceof Error ? error.message : String(error));
  const problem = problemOf(error);
  return response.status(problem.status).set(problem.headers).json(problem.body);
};

/** As body-parser sets it. */
function statusOf(error: unknown): number {
  return error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : 500;
}

function fieldsOf(body: unknown): Readonly<Record<string, unknown>> {
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
}

/** 1 to 200 characters. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 200;
}

/** A whole number above 0 that PostgreSQL calls an integer. */
function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 2 ** 31;
}
