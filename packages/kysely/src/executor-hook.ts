import type { ConnectionProvider, DatabaseConnection, QueryExecutor } from 'kysely';
import { GatePlugin } from './gate-plugin.ts';

/** A task that wants a connection. */
export type Consumer<T> = (connection: DatabaseConnection) => Promise<T>;

/** Options of Kysely's operations; absent before Kysely 0.29. */
interface ProvideOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Stands between an executor and its connections. `next` provides as it would have been provided. */
export type ConnectionGate = <T>(
  next: (consumer: Consumer<T>) => Promise<T>,
  consumer: Consumer<T>,
) => Promise<T>;

const DERIVING = ['withPlugin', 'withPlugins', 'withPluginAtFront', 'withoutPlugins'] as const;
const HOOKED = ['provideConnection', ...DERIVING] as const;

/**
 * Puts `gate` in front of every connection that this executor, and every executor derived from it by plugins or schemas,
 * provides; in place, by own properties. Executors made by `withConnectionProvider` are left alone: they run on a
 * connection that came through here already. A {@link GatePlugin} becomes a further gate. Returns what takes the
 * gate out of this executor again; derived ones keep it.
 */
export function hookExecutor(executor: QueryExecutor, gate: ConnectionGate): () => void {
  const former = HOOKED.map((name) => [name, Object.getOwnPropertyDescriptor(executor, name)] as const);
  const provide: Provide = executor.provideConnection.bind(executor);
  const hooked: Provide = (consumer, options) => gate((wrapped) => provide(wrapped, options), consumer);
  define(executor, 'provideConnection', hooked);
  const withPlugins = executor.withPlugins.bind(executor);
  for (const name of DERIVING) {
    const derive = executor[name].bind(executor) as (argument: unknown) => QueryExecutor;
    define(executor, name, (argument: unknown) => {
      const further = argument instanceof GatePlugin ? argument.gate : undefined;
      const derived = further === undefined ? derive(argument) : withPlugins([]);
      hookExecutor(derived, gate);
      if (further !== undefined) hookExecutor(derived, further.pass);
      return derived;
    });
  }
  return () => {
    // Under another hook it stays, and its owner lets everything through.
    if (executor.provideConnection !== hooked) return;
    for (const [name, descriptor] of former) {
      if (descriptor === undefined) Reflect.deleteProperty(executor, name);
      else Object.defineProperty(executor, name, descriptor);
    }
  };
}

type Provide = <T>(consumer: Consumer<T>, options?: ProvideOptions) => Promise<T>;

/** Hooks what `executor.withConnectionProvider` makes; that is how Kysely makes the executor of a transaction. */
export function hookTransactions(executor: QueryExecutor, gate: ConnectionGate): void {
  const derive = executor.withConnectionProvider.bind(executor);
  define(executor, 'withConnectionProvider', (provider: ConnectionProvider) => {
    const derived = derive(provider);
    hookExecutor(derived, gate);
    return derived;
  });
}

function define(executor: QueryExecutor, name: keyof QueryExecutor, value: unknown): void {
  Object.defineProperty(executor, name, { value, configurable: true, writable: true });
}
