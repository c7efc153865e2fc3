/** The library under test, as a value: a mutated copy of its source can take its place. */
export type Core = typeof import('@lifeguard/core');
