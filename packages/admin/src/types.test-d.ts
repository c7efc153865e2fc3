import type { Pool } from '@lifeguard/core';
import type { LifeguardPool } from '@lifeguard/pg';
import type { AdminPool } from './admin-pool.ts';

// What is shown is known by its shape alone: these have it.
declare const ofPg: LifeguardPool;
declare const ofCore: Pool<object>;
ofPg satisfies AdminPool;
ofCore satisfies AdminPool;
