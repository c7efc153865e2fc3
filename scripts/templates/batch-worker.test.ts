import { expect } from 'vitest';
import { describeTemplate } from './describe-template.ts';
import { until } from './until.ts';

describeTemplate({
  name: 'batch-worker',
  application: 'batch-worker',
  // Nobody else's does, so that the server which comes with a template is tried as well.
  bringsServer: true,
  use: async (_url, observer) => {
    await observer.query(`
      insert into jobs (kind, payload)
      select 'create-invoice', jsonb_build_object('customer', 'c' || i, 'totalCents', 100) from generate_series(1, 120) i`);
    await until('all jobs are done', async () => {
      const left = await observer.query(`select 1 from jobs where state <> 'done'`);
      return left.length === 0;
    });
    const [counts] = await observer.query(`
      select (select count(*) from jobs)::int as jobs, (select count(*) from invoices)::int as invoices`);
    expect(counts?.['invoices']).toBe(counts?.['jobs']);
  },
  // It takes no requests, and wants connections by itself.
  saturation: { table: 'jobs' },
});
