import type { Greeting } from '../../support/fault-proxy.ts';
import { DIRECT } from '../fault-row.ts';
import type { FaultRow } from '../fault-row.ts';

function tlsRow(greeting: Greeting, title: string): FaultRow {
  return {
    id: greeting === 'http' ? 'tls-http' : greeting,
    title,
    routes: DIRECT,
    application: { tls: true },
    inject: async (world) => {
      world.proxy.greeting = greeting;
      world.proxy.reset();
      await world.last(1_000);
    },
    heal: ({ proxy }) => void (proxy.greeting = 'tls'),
  };
}

export const tlsRows: readonly FaultRow[] = [
  tlsRow('tls-refused', 'TLS: the server does not speak it any more'),
  tlsRow('tls-stalled', 'TLS: granted, then silence'),
  tlsRow('http', 'TLS: something that speaks HTTP answers'),
];
