export type { WatchableSql } from './stock-sql.ts';
export { watchSql, watcherOf } from './watch-sql.ts';
export type { WatchedConnection } from './watched-connection.ts';
export { WatchedSql } from './watched-sql.ts';
