import type { Random } from './random.ts';

/** The process's own generator. */
export const systemRandom: Random = { next: () => Math.random() };
