import process from 'node:process';
import type { Namespace, NamespaceValues } from './namespace.ts';
import { StorageNamespace } from './storage-namespace.ts';

type Registry = Record<string, Namespace | null | undefined>;

/** Where cls-hooked has its namespaces too, so that either finds those of the other. */
const host = process as { namespaces?: Registry };

/** Makes a namespace over an `AsyncLocalStorage`; one of the same name is no longer found. */
export function createNamespace<N = NamespaceValues>(name: string): Namespace<N> {
  if (!name) throw new Error('namespace must be given a name.');
  const namespace = new StorageNamespace(name);
  host.namespaces ??= Object.create(null) as Registry;
  host.namespaces[name] = namespace;
  return namespace as Namespace<N>;
}

/** The namespace of this name, also one of cls-hooked's. */
export function getNamespace<N = NamespaceValues>(name: string): Namespace<N> | undefined {
  const namespace = host.namespaces?.[name] ?? undefined;
  return namespace as unknown as Namespace<N> | undefined;
}

/** Has a namespace be found no longer; those who have it can go on with it. Throws when there is none. */
export function destroyNamespace(name: string): void {
  if (getNamespace(name) === undefined) throw new Error(`can't delete nonexistent namespace! "${name}"`);
  delete host.namespaces?.[name];
}

/** Has all namespaces be found no longer, cls-hooked's as well. */
export function reset(): void {
  host.namespaces = Object.create(null) as Registry;
}
