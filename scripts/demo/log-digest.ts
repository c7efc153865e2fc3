import type { LeakReport } from '@lifeguard/core';
import { type NamedPlace, UNKNOWN } from './planted.ts';
import type { LogLine } from './service-process.ts';

interface CountedMessage {
  readonly count: number;
  /** One of its kind, whole: that in the middle of all. */
  readonly text: string;
}

export interface CountedPlace extends NamedPlace {
  readonly count: number;
}

/** What the service's own log says. */
export interface LogDigest {
  /** Why ordinary requests failed, most frequent first. */
  readonly errors: readonly CountedMessage[];
  /** Where suspected leaks were acquired, most frequent first. */
  readonly leaks: readonly CountedPlace[];
  /** The report with the most callers waiting, as it was printed. */
  readonly leakText: string | undefined;
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
]);

export function digestLog(log: readonly LogLine[]): LogDigest {
  const failures = log.filter(({ level, route }) => level === 'error' && !PLANTED_ROUTES.has(String(route)));
  const reports = log.filter(({ code }) => code === 'LG_LEAK_SUSPECTED' || code === 'LG_SLOW_LEASE');
  const expired = log.filter(({ level, code }) => level === 'error' && code === 'LG_SESSION_TIMEOUT');
  return {
    errors: countMessages(
      failures.map(({ code, message }) => (code === undefined ? message : `${code}: ${message}`)),
    ),
    leaks: countPlaces(dropRepeats(reports as unknown as LeakReport[]).map(placeOf)),
    leakText: byPending(reports)[0]?.message,
    overruns: countPlaces(expired.map(({ message }) => placeIn(message))),
    takenBack: countReasons(log.filter(({ code }) => code === 'LG_LEASE_REVOKED')),
  };
}

/** A lease is reported once for each grade of evidence. */
function dropRepeats(reports: readonly LeakReport[]): LeakReport[] {
  return [...new Map(reports.map((report) => [report.id, report])).values()];
}

function placeOf({ lease }: LeakReport): NamedPlace {
  return lease.site ?? UNKNOWN;
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
