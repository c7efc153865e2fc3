import type { Layer } from '../layer.ts';
import { drizzle, drizzleManaged } from './drizzle.ts';
import { knex, knexManaged } from './knex.ts';
import { kysely, kyselyControlled } from './kysely.ts';
import { mikroOrm, mikroOrmManaged } from './mikro-orm.ts';
import { prisma, prismaManaged } from './prisma.ts';
import { typeorm, typeormManaged } from './typeorm.ts';

/** In the order of the table in docs/data-layers. */
export const LAYERS: readonly Layer[] = [
  kysely,
  kyselyControlled,
  prisma,
  prismaManaged,
  drizzle,
  drizzleManaged,
  knex,
  knexManaged,
  typeorm,
  typeormManaged,
  mikroOrm,
  mikroOrmManaged,
];
