import type { PoolSnapshot } from '@lifeguard/core';

/**
 * Whether an answer is a snapshot, as far as commands count and compare what is in it. Texts are not looked at: they are printed
 * with care, wherever they come from.
 */
export function isSnapshot(value: unknown): value is PoolSnapshot {
  const {
    name,
    size,
    max,
    counters,
    waitTime,
    useTime,
    options,
    leases,
    waiters = [],
    holders = [],
    sites = [],
  } = fieldsOf(value);
  return (
    typeof name === 'string' &&
    typeof fieldsOf(value)['at'] === 'string' &&
    // JSON has no infinity.
    [size, max].every((limit) => limit === null || isNumber(limit)) &&
    hasNumbers(value, COUNTS) &&
    isObject(counters) &&
    Object.values(counters).every(isNumber) &&
    hasNumbers(counters, ['acquired', 'released', 'timeouts']) &&
    [waitTime, useTime].every((each) => hasNumbers(each, DURATIONS)) &&
    isObject(options) &&
    isListOf(
      leases,
      (lease) =>
        hasNumbers(lease, ['id', 'heldMs', 'queries', 'blockedMs']) && isMaybeNumber(lease, 'idleMs'),
    ) &&
    isListOf(waiters, (waiter) => hasNumbers(waiter, ['waitedMs']) && isMaybeNumber(waiter, 'timeoutMs')) &&
    isListOf(holders, (holder) => hasNumbers(holder, ['count', 'minHeldMs', 'maxHeldMs', 'suspected'])) &&
    isListOf(sites, (site) => hasNumbers(site, SITE) && hasNumbers(fieldsOf(site)['holdTime'], DURATIONS))
  );
}

const COUNTS = ['used', 'idle', 'connecting', 'lost', 'pending', 'oldestWaitMs', 'overflow'];
const DURATIONS = ['count', 'sumMs', 'meanMs', 'p95Ms', 'maxMs'];
const SITE = ['waitsCausedMs', 'leaks', 'leases', 'idleShare'];

/** Whether it is a list of objects, each of which is as it should be. */
export function isListOf(value: unknown, isWell: (each: unknown) => boolean = isObject): boolean {
  return Array.isArray(value) && value.every((each) => isObject(each) && isWell(each));
}

function hasNumbers(value: unknown, names: readonly string[]): boolean {
  const fields = fieldsOf(value);
  return names.every((name) => isNumber(fields[name]));
}

function isMaybeNumber(value: unknown, name: string): boolean {
  const field = fieldsOf(value)[name];
  return field === undefined || isNumber(field);
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return Object(value) as Readonly<Record<string, unknown>>;
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
