// `npm run dev`: the service, on a throwaway PostgreSQL where DATABASE_URL names none. Its data is gone afterwards.

import process from 'node:process';
import { databaseFromEnvironment, startPostgres } from '@lifeguard/testing';

process.env['DATABASE_URL'] = databaseFromEnvironment() ?? (await startPostgres()).url;
await import('./main.ts');
