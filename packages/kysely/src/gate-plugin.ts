import type {
  KyselyPlugin,
  PluginTransformQueryArgs,
  PluginTransformResultArgs,
  QueryResult,
  RootOperationNode,
  UnknownRow,
} from 'kysely';
import type { TransactionGate } from './transaction-gate.ts';

/**
 * Carries a gate to the executor of a transaction by the one way that Kysely leaves open. A hooked executor takes the gate
 * and leaves the plugin out; in a transaction that Kysely began itself it stays a plugin, and refuses what is built late
 * (but neither compiled queries, nor what `withoutPlugins()` makes).
 */
export class GatePlugin implements KyselyPlugin {
  readonly gate: TransactionGate;

  constructor(gate: TransactionGate) {
    this.gate = gate;
  }

  transformQuery({ node }: PluginTransformQueryArgs): RootOperationNode {
    this.gate.assertOpen();
    return node;
  }

  transformResult({ result }: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> {
    return Promise.resolve(result);
  }
}
