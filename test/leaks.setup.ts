// Every test on PostgreSQL must give back the connections that it takes; one that leaks on purpose says allowLeaks().

import { failOnLeaks } from '@lifeguard/testing/vitest';

failOnLeaks();
