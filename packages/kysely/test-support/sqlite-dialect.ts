import { DatabaseSync } from 'node:sqlite';
import {
  CompiledQuery,
  IdentifierNode,
  RawNode,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  createQueryId,
} from 'kysely';
import type {
  DatabaseConnection,
  DatabaseIntrospector,
  Dialect,
  DialectAdapter,
  Driver,
  Kysely,
  QueryCompiler,
  QueryResult,
} from 'kysely';

/** A dialect over Node's own SQLite: somebody else's, as far as Lifeguard knows. */
export class NodeSqliteDialect implements Dialect {
  readonly driver = new NodeSqliteDriver();
  readonly #adapter: new () => DialectAdapter;

  /** `pooled`: Kysely does not put a lock of its own in front of it. */
  constructor(options: { readonly pooled?: boolean } = {}) {
    this.#adapter = options.pooled === true ? PooledAdapter : SqliteAdapter;
  }

  createDriver(): Driver {
    return this.driver;
  }

  createQueryCompiler(): QueryCompiler {
    return new SqliteQueryCompiler();
  }

  createAdapter(): DialectAdapter {
    return new this.#adapter();
  }

  // oxlint-disable-next-line typescript/no-explicit-any
  createIntrospector(db: Kysely<any>): DatabaseIntrospector {
    return new SqliteIntrospector(db);
  }
}

class PooledAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

/** One connection, which it knows by a private member, as Kysely's own drivers do. */
class NodeSqliteDriver implements Driver {
  readonly #connection = new NodeSqliteConnection();
  /** Statements, in order. */
  readonly log: string[] = this.#connection.log;
  acquired = 0;
  released = 0;
  /** Set it to make statements that match take until `finish` is called. */
  get slow(): NodeSqliteConnection {
    return this.#connection;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    this.acquired += 1;
    return this.#connection;
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await this.#run(connection, 'begin');
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await this.#run(connection, 'commit');
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await this.#run(connection, 'rollback');
  }

  async savepoint(connection: DatabaseConnection, name: string, compile: Compile): Promise<void> {
    await connection.executeQuery(command('savepoint', name, compile));
  }

  async rollbackToSavepoint(connection: DatabaseConnection, name: string, compile: Compile): Promise<void> {
    await connection.executeQuery(command('rollback to', name, compile));
  }

  async releaseSavepoint(connection: DatabaseConnection, name: string, compile: Compile): Promise<void> {
    await connection.executeQuery(command('release', name, compile));
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    // Throws for anything but the object it made.
    (connection as NodeSqliteConnection).check();
    this.released += 1;
  }

  async destroy(): Promise<void> {
    this.#connection.close();
  }

  async #run(connection: DatabaseConnection, sql: string): Promise<void> {
    (connection as NodeSqliteConnection).check();
    await connection.executeQuery(CompiledQuery.raw(sql));
  }
}

type Compile = QueryCompiler['compileQuery'];

function command(text: string, name: string, compile: Compile): CompiledQuery {
  const node = RawNode.createWithChildren([RawNode.createWithSql(`${text} `), IdentifierNode.create(name)]);
  return compile(node, createQueryId());
}

class NodeSqliteConnection implements DatabaseConnection {
  readonly #database = new DatabaseSync(':memory:');
  readonly log: string[] = [];
  /** Statements that match wait for this before they run. */
  hold: { readonly pattern: RegExp; readonly until: Promise<void> } | undefined;

  check(): void {
    if (!this.#database.isOpen) throw new Error('closed');
  }

  close(): void {
    this.#database.close();
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    if (this.hold?.pattern.test(sql) === true) await this.hold.until;
    this.log.push(sql);
    const rows = this.#database.prepare(sql).all(...(parameters as (string | number)[]));
    return { rows: rows as R[] };
  }

  async *streamQuery<R>({ sql, parameters }: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    for (const row of this.#database.prepare(sql).iterate(...(parameters as (string | number)[]))) {
      yield { rows: [row as R] };
    }
  }
}
