import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import { spawnSync } from 'node:child_process';

const SCHEMA = join(import.meta.dirname, 'schema.prisma');
const STAMP = join(import.meta.dirname, '.generated', 'made-of');

/**
 * Generates the client that the tests use, unless it is there already and of this schema. Without the network: for `generate` alone
 * Prisma does not need the engine that it would fetch, but asks for it.
 */
export function generateClient(): void {
  const cli = createRequire(import.meta.url).resolve('prisma/package.json');
  const madeOf = createHash('sha256').update(readFileSync(SCHEMA)).update(readFileSync(cli)).digest('hex');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === madeOf) return;
  const program = join(cli, '..', 'build', 'index.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'generate', '--schema', SCHEMA], {
    encoding: 'utf8',
    env: {
      ...process.env,
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
      CHECKPOINT_DISABLE: '1',
    },
  });
  if (status !== 0) throw new Error(`prisma generate failed\n${stdout}\n${stderr}`);
  writeFileSync(STAMP, madeOf);
}
