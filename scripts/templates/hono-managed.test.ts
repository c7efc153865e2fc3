import { expect } from 'vitest';
import { describeTemplate } from './describe-template.ts';
import { post } from './post.ts';

describeTemplate({
  name: 'hono-managed',
  application: 'orders',
  use: async (url) => {
    const add = async (stock: number): Promise<number> => {
      const response = await post(url, '/products', { name: 'lamp', priceCents: 2_500, stock });
      return ((await response.json()) as { id: number }).id;
    };
    const [plenty, few] = [await add(10), await add(1)];
    const lines = [
      { productId: plenty, quantity: 2 },
      { productId: few, quantity: 2 },
    ];
    const response = await post(url, '/orders', { customer: 'Ada', lines });
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ totalCents: 5_000, missing: [few] });
    expect((await fetch(`${url}/report`)).status).toBe(200);
  },
  saturation: {
    table: 'products',
    ask: (url) => post(url, '/orders', { customer: 'Ada', lines: [{ productId: 1, quantity: 1 }] }),
  },
});
