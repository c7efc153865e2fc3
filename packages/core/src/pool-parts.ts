import type { BoundedRunner } from './bounded.ts';
import type { Clock } from './clock.ts';
import type { Connector } from './connector.ts';
import type { PoolEntries } from './pool-entries.ts';
import type { PoolJournal } from './pool-journal.ts';
import type { FixedPoolOptions, PoolCapacity } from './pool-capacity.ts';

/** What the parts of one pool share. */
export interface PoolParts<C> {
  readonly connector: Connector<C>;
  readonly entries: PoolEntries<C>;
  readonly journal: PoolJournal<C>;
  readonly bounded: BoundedRunner;
  readonly clock: Clock;
  readonly options: FixedPoolOptions;
  readonly capacity: PoolCapacity;
}
