import { formatDuration } from '@lifeguard/core/adapter';
import type { Claim } from './claims.ts';
import type { CountedMessage, CountedPlace, SuspectedPlace } from './log-digest.ts';
import { formatPlace } from './planted.ts';
import type { Second, SideName, SideResult } from './run-side.ts';

/** Colours a text, or leaves it as it is. */
export type Paint = (format: 'bold' | 'dim' | 'red' | 'green' | 'cyan', text: string) => string;

const WIDTH = 98;
const LABEL = 46;
const COLUMN = 18;

export function renderIntro(paint: Paint): string {
  return [
    paint(
      'bold',
      'The same service, the same load, the same five mistakes in its code. First on pg.Pool, as today.',
    ),
    'Then on Lifeguard, which names the line that holds a connection, and takes the connection back.',
  ].join('\n');
}

export function renderSideTitle(name: SideName, details: string, paint: Paint): string {
  const header = ['second', 'connections', 'held', 'served', 'failed'];
  return `\n${paint('bold', name)}  ${paint('dim', details)}\n${paint('dim', secondRow(header))}`;
}

export function renderSecond({ second, served, failed, held, max }: Second, paint: Paint): string {
  const bar = '■'.repeat(held) + '·'.repeat(Math.max(0, max - held));
  const row = secondRow([`${second}`, bar, `${held}/${max}`, `${served}`, `${failed}`]);
  return failed === 0 ? row : row.slice(0, -8) + paint('red', row.slice(-8));
}

function secondRow([second = '', bar = '', held = '', served = '', failed = '']: readonly string[]): string {
  return `${second.padStart(8)}   ${bar.padEnd(11)}${held.padStart(7)}${served.padStart(10)}${failed.padStart(8)}`;
}

type Row = readonly [label: string, plain: string, guarded: string];

/** Everything that is shown when both runs are over. */
export function renderResults(
  plain: SideResult,
  guarded: SideResult,
  claims: readonly Claim[],
  paint: Paint,
): string {
  return [
    renderComparison(plain, guarded, paint),
    renderErrors(plain.name, plain.log.errors, paint),
    renderDiagnosis(plain, paint),
    renderErrors(guarded.name, guarded.log.exhaustion === undefined ? [] : [guarded.log.exhaustion], paint),
    renderReports(guarded, paint),
    renderDeadlock(guarded, paint),
    renderStatus(guarded, paint),
    renderDiff(paint),
    renderClaims(claims, paint),
  ].join('\n\n');
}

/** Both runs beside each other. */
export function renderComparison(plain: SideResult, guarded: SideResult, paint: Paint): string {
  const lastSeconds = formatDuration(plain.lastPart.durationMs);
  const rows: Row[] = [
    row('requests sent', ({ requests }) => number(requests.sent)),
    row('  served', ({ requests }) => `${number(requests.served)} (${percent(requests)})`),
    row('  failed', ({ requests }) => number(requests.sent - requests.served)),
    row(`  served in the last ${lastSeconds}`, ({ lastPart }) => percent(lastPart)),
    row(
      'latency p50 / p99, failures included',
      ({ p50Ms, p99Ms }) => `${duration(p50Ms)} / ${duration(p99Ms)}`,
    ),
    row('connections still held at the end', ({ status }) => `${status.used} of ${status.max}`),
    row('  idle in transaction, says the server', ({ backends }) => number(backends.idleInTransaction)),
    row(
      'queries seen past a deadline, still there',
      ({ exportsSeen, backends }) => `${exportsSeen}, ${backends.pastDeadline}`,
    ),
    row(
      `requests for two connections, ${plain.nested.sent} at once`,
      ({ nested }) => `${nested.served} in ${duration(nested.p50Ms)}`,
    ),
    row('leaks reported with file and line', ({ log }) => number(sum(log.leaks))),
    row('connections reclaimed', ({ log }) => number(log.takenBack['leak'] ?? 0)),
    row('  and taken back at their deadline', ({ log }) => number(log.takenBack['session-timeout'] ?? 0)),
    row('shutdown', ({ shutdown }) =>
      shutdown.tookMs === undefined
        ? `killed after ${duration(shutdown.limitMs)}`
        : duration(shutdown.tookMs),
    ),
    row('backends left on the server after it', ({ shutdown }) => number(shutdown.backendsLeft)),
  ];
  return [
    paint('bold', line(['', plain.name, guarded.name])),
    ...rows.map(([label, left, right]) => {
      const differs = left !== right;
      const [a, b] = [left.padStart(COLUMN), right.padStart(COLUMN)];
      return `${label.padEnd(LABEL)}${differs ? paint('red', a) : a}${differs ? paint('green', b) : b}`;
    }),
  ].join('\n');

  function row(label: string, read: (side: SideResult) => string): Row {
    return [label, read(plain), read(guarded)];
  }
}

const line = ([label, left, right]: Row): string =>
  `${label.padEnd(LABEL)}${left.padStart(COLUMN)}${right.padStart(COLUMN)}`;

/** The most frequent error whole, the first line of others. */
function renderErrors(name: SideName, errors: readonly CountedMessage[], paint: Paint): string {
  const [most, ...others] = errors.map(({ count, text }) => `${count}× ${text}`);
  return [
    paint('bold', `What the log of the service says on ${name} while the pool is empty`),
    quote(most ?? 'nothing', 2),
    ...others.slice(0, 3).map((text) => quote(text.split('\n')[0] ?? '', 2)),
  ].join('\n');
}

/** What can be seen of the plain pool without a change of the service. */
export function renderDiagnosis({ diagnosis }: SideResult, paint: Paint): string {
  const [title = 'nothing', pool = '', leaks = '', first = '', ...others] =
    diagnosis?.text.split('\n\n') ?? [];
  const shown = [
    title,
    '',
    pool,
    '',
    ...firstLines(leaks, SHOWN_LEAKS + 1),
    '',
    first,
    ...more(others.length, '    '),
  ];
  return [
    paint('bold', 'The same process, asked from outside by `lifeguard diagnose`. No line of it was changed:'),
    paint('bold', 'it was started with `node --import @lifeguard/register`'),
    ...shown.flatMap((text) => (text === '' ? [''] : quote(text, 2))),
  ].join('\n');
}

const SHOWN_LEAKS = 4;

function firstLines(text: string, count: number): string[] {
  const lines = text.split('\n');
  return [...lines.slice(0, count), ...more(lines.length - count, '      ')];
}

function more(count: number, indent: string): string[] {
  return count <= 0 ? [] : [`${indent}… and ${count} more`];
}

export function renderReports({ log }: SideResult, paint: Paint): string {
  return [
    paint('bold', 'A leak, as Lifeguard reports it'),
    quote(log.leakText ?? 'none was reported', 2),
    '',
    paint('bold', 'All that it reported'),
    ...log.leaks.map((place) => placeLine(place, evidenceOf(place))),
    ...log.overruns.map((place) => placeLine(place, 'ended at its deadline, on the server too')),
  ].join('\n');
}

function evidenceOf({ evidence, inTransaction }: SuspectedPlace): string {
  return `${evidence.join(', ')}${inTransaction ? '; in a transaction' : ''}`;
}

function renderDeadlock({ log: { deadlocks } }: SideResult, paint: Paint): string {
  return [
    paint('bold', 'A pool that waits for itself: with pg.Pool, a second of silence and a timeout'),
    quote(deadlocks === undefined ? 'no deadlock' : deadlocks.text, 2),
  ].join('\n');
}

function placeLine(place: CountedPlace, what: string): string {
  return `${`${place.count}×`.padStart(5)} ${formatPlace(place).padEnd(36)} ${what}`;
}

function renderStatus({ status, health, log }: SideResult, paint: Paint): string {
  const { size = 0, overflow = 0, pending, oldestWaitMs = 0, useTime, counters } = status;
  const cells: [string, string][] = [
    ['size', `${size} + ${status.max - size} overflow`],
    ['active', `${status.used}`],
    ['overflow open', `${overflow}`],
    ['pending', `${pending} (oldest ${duration(oldestWaitMs)})`],
    ['avg hold time', duration(useTime?.meanMs ?? 0)],
    ['p95 hold time', duration(useTime?.p95Ms ?? 0)],
    ['acquire timeouts', number(counters?.timeouts ?? 0)],
    ['leaks', number(counters?.leaksReported ?? 0)],
    ['reclaimed', number(log.takenBack['leak'] ?? 0)],
    ['health', health],
  ];
  const half = Math.ceil(cells.length / 2);
  const cell = (index: number): string => {
    const [label = '', value = ''] = cells[index] ?? [];
    return `${paint('dim', label.padEnd(18))}${value.padEnd(20)}`;
  };
  const lines = Array.from({ length: half }, (_, index) => `  ${cell(index)}${cell(index + half)}`.trimEnd());
  return [paint('bold', 'The pool at the end, as GET /status tells it'), ...lines].join('\n');
}

function renderDiff(paint: Paint): string {
  return [
    paint('bold', 'What changed in the code: 1 line'),
    '   export const db = new Kysely<Tables>({',
    paint('red', '-    dialect: new PostgresDialect({ pool: new pg.Pool(options) }),'),
    paint('green', '+    dialect: new LifeguardDialect({ pool: new LifeguardPool(options) }),'),
    '   });',
  ].join('\n');
}

export function renderClaims(claims: readonly Claim[], paint: Paint): string {
  const failed = claims.filter(({ held }) => !held);
  const lines = failed.map(({ text, seen }) => paint('red', `does not hold: ${text}; seen: ${seen}`));
  return [...lines, `claims: ${claims.length - failed.length} held, ${failed.length} failed`].join('\n');
}

const number = (value: number): string => value.toLocaleString('en-US');
const duration = (ms: number): string => (ms > 0 && ms < 1 ? '<1ms' : formatDuration(ms));
const sum = (places: readonly CountedPlace[]): number =>
  places.reduce((total, { count }) => total + count, 0);

/** A text of labelled rows, shifted to the right; what is too long goes on below its row. */
function quote(text: string, indent: number): string {
  return text
    .split('\n')
    .flatMap((each) => wrap(' '.repeat(indent) + each))
    .join('\n');
}

function wrap(text: string): string[] {
  const hanging = ' '.repeat(/^ *(?:[a-z]+ {2,})?/.exec(text)?.[0].length ?? 0);
  const lines: string[] = [];
  let rest = text;
  while (rest.length > WIDTH) {
    const end = rest.lastIndexOf(' ', WIDTH);
    if (end <= hanging.length) break;
    lines.push(rest.slice(0, end));
    rest = hanging + rest.slice(end + 1);
  }
  return [...lines, rest];
}

/** Rounded towards the middle: 99.9 % is not all, and 0.1 % is not nothing. */
function percent({ sent, served }: { readonly sent: number; readonly served: number }): string {
  if (sent === 0) return 'none sent';
  const share = (served / sent) * 100;
  const shown = served === sent ? 100 : Math.min(99.9, Math.floor(share * 10) / 10);
  return `${shown} %`;
}
