/** The server behind the pooler. */
export interface PgBouncerTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Empty where the server asks for none; then the pooler asks for none either. */
  readonly password: string;
  readonly database: string;
}

export interface PgBouncerOptions {
  readonly target: PgBouncerTarget;
  /** @default 'transaction' */
  readonly poolMode?: 'session' | 'transaction' | 'statement';
  /** Connections to the server for each database and user: `default_pool_size`. @default 20, as PgBouncer */
  readonly poolSize?: number;
  /** @default 200 */
  readonly maxClientConnections?: number;
  /** More of its settings, such as `{ query_wait_timeout: 2 }` (seconds). */
  readonly settings?: Readonly<Record<string, string | number>>;
}

/** The server that a URL names. */
export function targetOf(url: string): PgBouncerTarget {
  const { hostname, port, username, password, pathname } = new URL(url);
  return {
    host: hostname,
    port: Number(port || 5432),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: pathname.slice(1),
  };
}

/** Any other database of the server is reached under its own name too. */
export function pgBouncerConfig(
  { target, poolMode = 'transaction', poolSize = 20, maxClientConnections = 200, settings }: PgBouncerOptions,
  port: number,
  paths: { readonly pidfile: string; readonly auth_file: string },
): string {
  const { host, user, password } = target;
  const own: Record<string, string | number> = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: password === '' ? 'trust' : 'md5',
    ...paths,
    admin_users: user,
    pool_mode: poolMode,
    default_pool_size: poolSize,
    max_client_conn: maxClientConnections,
    ...settings,
  };
  const login = password === '' ? `user=${quote(user)}` : `user=${quote(user)} password=${quote(password)}`;
  const lines = Object.entries(own).map(([name, value]) => `${name} = ${value}`);
  return ['[databases]', `* = host=${host} port=${target.port} ${login}`, '[pgbouncer]', ...lines, ''].join(
    '\n',
  );
}

export function userList({ user, password }: PgBouncerTarget): string {
  const inQuotes = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  return `${inQuotes(user)} ${inQuotes(password)}\n`;
}

function quote(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
