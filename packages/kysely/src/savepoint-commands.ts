import { IdentifierNode, RawNode, createQueryId } from 'kysely';
import type { CompiledQuery, QueryCompiler } from 'kysely';

/** The commands about savepoints, as PostgreSQL, MySQL and SQLite all understand them. */
export type SavepointCommand = 'savepoint' | 'rollback to savepoint' | 'release savepoint';

/** Compiles a command; the name is quoted by the dialect. */
export function compileSavepoint(
  command: SavepointCommand,
  name: string,
  compileQuery: QueryCompiler['compileQuery'],
): CompiledQuery {
  const node = RawNode.createWithChildren([
    RawNode.createWithSql(`${command} `),
    IdentifierNode.create(name),
  ]);
  return compileQuery(node, createQueryId());
}
