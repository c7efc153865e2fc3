import { expect } from 'vitest';
import { describeTemplate } from './describe-template.ts';
import { post } from './post.ts';

describeTemplate({
  name: 'fastify-kysely',
  application: 'accounts',
  use: async (url) => {
    const [from, to] = [await open(url, 500), await open(url, 100)];
    expect((await post(url, '/transfers', { from, to, amountCents: 200 })).status).toBe(201);
    expect(await (await fetch(`${url}/accounts/${to}`)).json()).toMatchObject({ balance_cents: 300 });
  },
  saturation: {
    table: 'accounts',
    ask: (url) => post(url, '/transfers', { from: 1, to: 2, amountCents: 1 }),
  },
});

async function open(url: string, balanceCents: number): Promise<number> {
  const response = await post(url, '/accounts', { owner: 'Ada', balanceCents });
  return ((await response.json()) as { id: number }).id;
}
