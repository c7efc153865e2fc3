export { bridgeNamespace } from './bridge-namespace.ts';
export type { BridgeOptions, NamespaceBridge } from './bridge-namespace.ts';
export type { BridgeableNamespace } from './bridgeable-namespace.ts';
export type { CarriedSession } from './carried-session.ts';
export { ERROR_SYMBOL } from './error-context.ts';
export type { Namespace, NamespaceContext, NamespaceValues } from './namespace.ts';
export { createNamespace, destroyNamespace, getNamespace, reset } from './namespaces.ts';
