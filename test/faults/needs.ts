import { findDebianPrograms } from '../support/debian.ts';
import { mayOpenNamespaces } from '../support/network-namespace.ts';
import type { Need } from './fault-row.ts';

/** What is missing on this machine, and what would help; `undefined` when nothing is. */
export function whatIsMissing(need: Need | undefined): string | undefined {
  switch (need) {
    case undefined:
      return undefined;
    case 'namespace':
      return mayOpenNamespaces() ? undefined : 'needs a network namespace: root, and ip of iproute2';
    case 'faketime':
      return findDebianPrograms().faketime === undefined
        ? 'needs libfaketime: apt-get install libfaketime'
        : undefined;
    default:
      return need satisfies never;
  }
}
