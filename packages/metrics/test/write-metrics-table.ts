// Writes the table of docs/monitoring.md anew.

import { readFileSync, writeFileSync } from 'node:fs';
import { TABLE, metricsTable } from './metrics-table.ts';

const page = new URL('../../../docs/monitoring.md', import.meta.url);
const text = readFileSync(page, 'utf8');
if (!TABLE.test(text)) throw new Error('the page has no table to replace');
writeFileSync(
  page,
  text.replace(TABLE, () => metricsTable()),
);
