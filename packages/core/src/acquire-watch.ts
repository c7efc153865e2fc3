import type { LeaseWitness } from './lease-witness.ts';
import type { SpanSource } from './span-source.ts';

/** Who wants to know more of each acquire of this process. */
interface AcquireWatch {
  /** Whether anybody does. */
  isOn: boolean;
  witness: LeaseWitness | undefined;
  spanSource: SpanSource | undefined;
}

/** Under a global symbol: the leases of two copies of this package are watched by the same. */
const KEY = Symbol.for('@lifeguard/acquire-watch');
const shared = globalThis as { [KEY]?: AcquireWatch };

/** An object and no function, with one field for all: it is asked on the way of every acquire. */
export const acquireWatch: AcquireWatch = (shared[KEY] ??= {
  isOn: false,
  witness: undefined,
  spanSource: undefined,
});

/** Changes who watches. */
export function changeWatch(to: Partial<Pick<AcquireWatch, 'witness' | 'spanSource'>>): void {
  Object.assign(acquireWatch, to);
  acquireWatch.isOn = acquireWatch.witness !== undefined || acquireWatch.spanSource !== undefined;
}
