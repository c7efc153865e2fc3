import { expect } from 'vitest';
import { describeTemplate } from './describe-template.ts';
import { post } from './post.ts';

describeTemplate({
  name: 'express-kysely',
  application: 'events',
  use: async (url) => {
    const { id } = (await (await post(url, '/events', { name: 'concert', seats: 3 })).json()) as {
      id: number;
    };
    expect((await post(url, `/events/${id}/bookings`, { customer: 'Ada', seats: 2 })).status).toBe(201);
    expect((await post(url, `/events/${id}/bookings`, { customer: 'Bob', seats: 2 })).status).toBe(409);
    expect(await (await fetch(`${url}/events`)).json()).toContainEqual({
      id,
      name: 'concert',
      seats_left: 1,
    });
  },
  saturation: {
    table: 'events',
    ask: (url) => post(url, '/events/1/bookings', { customer: 'Ada', seats: 1 }),
  },
});
