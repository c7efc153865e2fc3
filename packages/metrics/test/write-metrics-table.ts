// Writes the tables of docs/monitoring.md anew: that of the metrics, and that of the alerts.

import { readFileSync, writeFileSync } from 'node:fs';
import { ALERTS_TABLE, alertsTable } from './alerts-table.ts';
import { TABLE, metricsTable } from './metrics-table.ts';

const page = new URL('../../../docs/monitoring.md', import.meta.url);
const text = readFileSync(page, 'utf8');
if (!TABLE.test(text) || !ALERTS_TABLE.test(text)) throw new Error('the page has no table to replace');
writeFileSync(
  page,
  text.replace(TABLE, () => metricsTable()).replace(ALERTS_TABLE, () => alertsTable()),
);
