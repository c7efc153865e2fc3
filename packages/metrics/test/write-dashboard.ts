// Writes grafana/lifeguard.json anew.

import { writeFileSync } from 'node:fs';
import { dashboard } from './dashboard/dashboard.ts';

writeFileSync(
  new URL('../grafana/lifeguard.json', import.meta.url),
  `${JSON.stringify(dashboard(), undefined, 2)}\n`,
);
