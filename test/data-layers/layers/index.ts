import type { Layer } from '../layer.ts';
import { drizzle } from './drizzle.ts';
import { knex } from './knex.ts';
import { kysely, kyselyControlled } from './kysely.ts';
import { mikroOrm } from './mikro-orm.ts';
import { prisma, prismaManaged } from './prisma.ts';
import { typeorm } from './typeorm.ts';

/** In the order of the table in docs/data-layers. */
export const LAYERS: readonly Layer[] = [
  kysely,
  kyselyControlled,
  prisma,
  prismaManaged,
  drizzle,
  knex,
  typeorm,
  mikroOrm,
];
