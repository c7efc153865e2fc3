import type { Layer } from '../layer.ts';
import { drizzle } from './drizzle.ts';
import { knex } from './knex.ts';
import { mikroOrm, mikroOrmForked } from './mikro-orm.ts';
import { typeorm } from './typeorm.ts';

/** All ORMs that the package has a managed transaction for. */
export const LAYERS: readonly Layer[] = [drizzle, knex, typeorm, mikroOrm, mikroOrmForked];
