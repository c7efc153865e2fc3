export { lifeguardExtension } from './extension.ts';
export type { LifeguardExtensionOptions } from './extension.ts';
export type {
  LifeguardExtension,
  ManagedTransaction,
  TransactionCallback,
  TransactionClient,
} from './extension-types.ts';
export { LifeguardAdapter, lifeguardAdapter } from './lifeguard-adapter.ts';
export type { AdapterOptions } from './lifeguard-adapter.ts';
export type { IsolationLevel, ManagedTransactionOptions } from './managed-options.ts';
