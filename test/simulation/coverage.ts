/** What must happen in some run: a generator that never comes by these tests nothing about them. */
const MUST_HAPPEN: readonly string[] = [
  ...[
    'acquire',
    'acquire-nested',
    'granted',
    'granted-in-vain',
    'refused',
    'abort',
    'release',
    'destroy',
    'stale',
  ],
  ...['LG_ACQUIRE_TIMEOUT', 'LG_CONNECT_TIMEOUT', 'LG_CONNECT_FAILED', 'LG_QUEUE_FULL', 'LG_POOL_CLOSED'],
  ...['LG_SESSION_TIMEOUT', 'LG_POOL_DEADLOCK', 'LG_NESTED_ACQUIRE'],
  ...['LG_OVERLOADED', 'shed-excess', 'shed-flood', 'shed-session-too-short', 'crowd', 'on-shed'],
  ...['urgent-first', 'class-due', 'tenant-first', 'reserve-kept', 'reserve-used'],
  ...['newest-first', 'pressing-first'],
  ...['connect', 'connected', 'connect-failed', 'connect-abandoned', 'connect-threw'],
  ...[
    'ping',
    'ping-done',
    'ping-threw',
    'reset',
    'reset-done',
    'reset-threw',
    'close',
    'closed',
    'close-threw',
    'lost',
  ],
  ...['died-free', 'died-lent', 'died-pinging', 'died-resetting', 'died-closing'],
  ...['lease-released', 'lease-revoked', 'lease-lost', 'leaked', 'collected'],
  ...['query', 'query-failed', 'cancelled', 'session', 'abort-session', 'act-inside'],
  ...[
    'evict',
    'resize',
    'suspend',
    'resume',
    'outage',
    'outage-over',
    'stall',
    'sleep',
    'pool-close',
    'pool-closed',
    'heal',
  ],
  ...['on-connect', 'on-connect-failed', 'on-acquire', 'on-release', 'on-close', 'on-timeout', 'on-leak'],
  ...['on-returned-late', 'on-nested', 'on-deadlock', 'on-revoke', 'on-lost', 'on-thaw', 'on-stall'],
];

/** Kinds of events that no run has come by. */
export function missingKinds(kinds: ReadonlyMap<string, number>): string[] {
  return MUST_HAPPEN.filter((kind) => !kinds.has(kind));
}

/** A table of how often each kind of event was seen, the rarest first. */
export function kindTable(kinds: ReadonlyMap<string, number>): string {
  const cells = [...kinds]
    .sort(([, one], [, other]) => one - other)
    .map(([kind, count]) => `${kind.padEnd(20)} ${String(count).padStart(9)}`);
  const rows = Math.ceil(cells.length / 3);
  const row = (index: number): string =>
    [cells[index], cells[index + rows], cells[index + 2 * rows]]
      .filter((cell) => cell !== undefined)
      .join('   ');
  return Array.from({ length: rows }, (_, index) => row(index)).join('\n');
}
