import type { Evidence, LeakReport } from '@lifeguard/core';
import { formatPlace, type NamedPlace, UNKNOWN } from './planted.ts';
import type { LogLine } from './service-process.ts';

export interface CountedMessage {
  readonly count: number;
  /** One of its kind, whole: that in the middle of all. */
  readonly text: string;
}

export interface CountedPlace extends NamedPlace {
  readonly count: number;
}

/** A place whose leases were suspected, and why. */
export interface SuspectedPlace extends CountedPlace {
  /** Every piece of evidence that was reported against a lease of it. */
  readonly evidence: readonly Evidence[];
  readonly inTransaction: boolean;
}

/** What the service's own log says. */
export interface LogDigest {
  /** Why ordinary requests failed, most frequent first. */
  readonly errors: readonly CountedMessage[];
  /** Where suspected leaks were acquired, most frequent first. */
  readonly leaks: readonly SuspectedPlace[];
  /** The report with the most callers waiting, as it was printed. */
  readonly leakText: string | undefined;
  /** Requests of all kinds that waited in vain; one of them, as it was logged. */
  readonly exhaustion: CountedMessage | undefined;
  /** Requests that were turned away since they could only wait for each other; one of them, as it was logged. */
  readonly deadlocks: CountedMessage | undefined;
  /** Where sessions began that were ended at their deadline. */
  readonly overruns: readonly CountedPlace[];
  /** Leases taken back, by reason. */
  readonly takenBack: Readonly<Record<string, number>>;
}

const PLANTED_ROUTES = new Set([
  'POST /demo/refunds',
  'POST /demo/prices',
  'POST /demo/payments',
  'GET /demo/export',
  'GET /demo/invoice',
]);

export function digestLog(log: readonly LogLine[]): LogDigest {
  const failures = log.filter(({ level, route }) => level === 'error' && !PLANTED_ROUTES.has(String(route)));
  const reports = log.filter(({ code }) => code === 'LG_LEAK_SUSPECTED' || code === 'LG_SLOW_LEASE');
  const failedWith = (wanted: string): LogLine[] =>
    log.filter(({ level, code }) => level === 'error' && code === wanted);
  return {
    errors: countMessages(failures.map(withCode)),
    leaks: countSuspects(reports as unknown as LeakReport[]),
    leakText: byPending(reports)[0]?.message,
    exhaustion: countMessages(failedWith('LG_ACQUIRE_TIMEOUT').map(withCode))[0],
    deadlocks: countMessages(failedWith('LG_POOL_DEADLOCK').map(withCode))[0],
    overruns: countPlaces(failedWith('LG_SESSION_TIMEOUT').map(({ message }) => placeIn(message))),
    takenBack: countReasons(log.filter(({ code }) => code === 'LG_LEASE_REVOKED')),
  };
}

function withCode({ code, message }: LogLine): string {
  return code === undefined ? message : `${code}: ${message}`;
}

/** A lease is reported once for each grade of evidence, under the same id. */
function countSuspects(reports: readonly LeakReport[]): SuspectedPlace[] {
  const places = groupBy(reports, (report) => formatPlace(placeOf(report)));
  const suspects = [...places.values()].map((ofPlace) => ({
    ...placeOf(ofPlace[0] as LeakReport),
    count: groupBy(ofPlace, ({ id }) => String(id)).size,
    evidence: [...new Set(ofPlace.flatMap(({ evidence }) => evidence))].toSorted(),
    inTransaction: ofPlace.some(({ lease }) => lease.transaction === 'open'),
  }));
  return byCount(suspects);
}

function placeOf({ lease }: LeakReport): NamedPlace {
  const { file, line, functionName } = lease.site ?? UNKNOWN;
  return { file, line, functionName };
}

/** The row `you` of an error. */
function placeIn(message: string): NamedPlace {
  const [, file, line, functionName] = /^ +you +(\S+):(\d+)(?: (\S+))?$/m.exec(message) ?? [];
  return file === undefined ? UNKNOWN : { file, line: Number(line), functionName };
}

function countPlaces(places: readonly NamedPlace[]): CountedPlace[] {
  const groups = groupBy(places, ({ file, line }) => `${file}:${line}`);
  return byCount([...groups.values()].map((group) => ({ ...(group[0] as NamedPlace), count: group.length })));
}

/** By the first line: what follows differs from one to the next. */
function countMessages(messages: readonly string[]): CountedMessage[] {
  const groups = groupBy(messages, (message) => message.split('\n')[0] ?? '');
  return byCount([...groups.values()].map((group) => ({ count: group.length, text: middleOf(group) })));
}

function countReasons(lines: readonly LogLine[]): Record<string, number> {
  const groups = groupBy(lines, ({ reason }) => String(reason));
  return Object.fromEntries([...groups].map(([reason, group]) => [reason, group.length]));
}

function groupBy<T>(values: readonly T[], keyOf: (value: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [value]);
    else group.push(value);
  }
  return groups;
}

function byPending(reports: readonly LogLine[]): LogLine[] {
  return reports.toSorted((a, b) => Number(b['pending']) - Number(a['pending']));
}

function middleOf(texts: readonly string[]): string {
  return texts[Math.floor(texts.length / 2)] ?? '';
}

function byCount<T extends { readonly count: number }>(values: readonly T[]): T[] {
  return values.toSorted((a, b) => b.count - a.count);
}
