import { lifeguardAdapter, lifeguardExtension } from '@lifeguard/prisma';
import type { LifeguardPool } from '@lifeguard/pg';
import { PrismaClient } from '../../../packages/prisma/test/.generated/client.ts';
import type { Layer, OpenLayer } from '../layer.ts';

function open(pool: LifeguardPool) {
  const base = new PrismaClient({ adapter: lifeguardAdapter(pool) });
  const close = async (): Promise<void> => {
    await base.$disconnect();
    await pool.end();
  };
  return { prisma: base.$extends(lifeguardExtension({ pool })), close };
}

/** `prisma.$transaction()`, with limits of its own that do not matter here. */
export const prisma: Layer = {
  name: 'Prisma',
  async open(pool): Promise<OpenLayer> {
    const { prisma: client, close } = open(pool);
    const limits = { maxWait: 10_000, timeout: 60_000 };
    return {
      transaction: (work) => client.$transaction((tx) => work((text) => tx.$executeRawUnsafe(text)), limits),
      abandonStream: undefined,
      [Symbol.asyncDispose]: close,
    };
  },
};

/** `prisma.$managedTransaction()` */
export const prismaManaged: Layer = {
  name: 'Prisma managed',
  async open(pool): Promise<OpenLayer> {
    const { prisma: client, close } = open(pool);
    return {
      transaction: (work) => client.$managedTransaction((tx) => work((text) => tx.$executeRawUnsafe(text))),
      abandonStream: undefined,
      [Symbol.asyncDispose]: close,
    };
  },
};
