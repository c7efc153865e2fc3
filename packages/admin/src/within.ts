import type { Clock } from '@lifeguard/core';
import { refusal } from './answer.ts';

/** What `work` returns or resolves with; rejects with a refusal (504) when that takes longer than `limitMs`. */
export async function within<T>(clock: Clock, limitMs: number, work: () => Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = clock.setTimer(limitMs, () => {
    reject(refusal(504, 'too-slow', `it has not answered within ${limitMs} ms`, 'ask again later'));
  });
  try {
    return await Promise.race([work(), promise]);
  } finally {
    timer.cancel();
  }
}
