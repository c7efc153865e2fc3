import { printable } from '@lifeguard/core/adapter';
import type { BlockedBackend, Blocker, Orphan, ServerView } from '@lifeguard/pg';
import { hanging, table } from '../layout.ts';
import type { Layout } from '../layout.ts';
import type { Paint } from '../paint.ts';
import { durationText } from './number-text.ts';

const NAME = 40;
const QUERY = 160;
/** Lines of one part. */
const MAX_ROWS = 50;

/** What the server says: counts, who blocks whom, what was left behind, what could not be seen. */
export function renderServer(view: ServerView, paint: Paint, layout: Layout): string {
  return [
    headOf(view, paint),
    countsOf(view),
    ...blockingOf(view.blocking, paint, layout),
    ...orphansOf(view.orphans, paint, layout),
    ...missingOf(view.missing, layout),
  ].join('\n\n');
}

function headOf({ server, counts, behindPooler }: ServerView, paint: Paint): string {
  const { version, maxConnections, reserved, isStandby, database, user } = server;
  const role = isStandby ? ', a standby' : '';
  const pooler = behindPooler ? '; behind a pooler' : '';
  return [
    paint('bold', `PostgreSQL ${printable(version, NAME)}${role}`),
    `  database "${printable(database, NAME)}" as "${printable(user, NAME)}"${pooler}`,
    `  ${counts.total} client backends of ${maxConnections}, of which ${reserved} are reserved; ${counts.ours} through Lifeguard`,
  ].join('\n');
}

function countsOf({ counts }: ServerView): string {
  if (counts.applications.length === 0) return 'nobody else is connected';
  const rows = counts.applications.map((each) => [
    printable(each.application, NAME) || '(no name)',
    printable(each.user, NAME),
    printable(each.database, NAME),
    each.count,
    each.active,
    each.idle,
    each.idleInTransaction,
  ]);
  const head = ['APPLICATION', 'USER', 'DATABASE', 'ALL', 'ACTIVE', 'IDLE', 'IN TRANSACTION'];
  const left = counts.applicationsLeftOut;
  return `${table(head, rows)}${left > 0 ? `\nand ${left} more applications` : ''}`;
}

function blockingOf(blocking: readonly BlockedBackend[], paint: Paint, layout: Layout): string[] {
  if (blocking.length === 0) return [];
  const shown = blocking.slice(0, MAX_ROWS).flatMap((each) => blockedLines(each, layout));
  const more = blocking.length - MAX_ROWS;
  const rest = more > 0 ? [`  and ${more} more`] : [];
  return [
    [
      paint(
        'yellow',
        `${blocking.length} ${blocking.length === 1 ? 'backend waits' : 'backends wait'} for a lock`,
      ),
      ...shown,
      ...rest,
    ].join('\n'),
  ];
}

/** Who waits, and under it who is in the way; whoever waits for nobody comes first. */
function blockedLines(
  { pid, lock, waitedMs, query, blockers, blockersLeftOut }: BlockedBackend,
  layout: Layout,
): string[] {
  const what =
    lock === undefined
      ? 'a lock'
      : `${printable(lock.mode, NAME)} on ${printable(lock.relation ?? lock.type, 120)}`;
  const since = waitedMs === undefined ? '' : ` for ${durationText(waitedMs)}`;
  return [
    hanging('  ', `${pid} waits${since} for ${what}${queryText(query)}`, layout),
    ...blockers.map((blocker, index) => {
      const isLast = index === blockers.length - 1 && blockersLeftOut === 0;
      return hanging(isLast ? '  └─ ' : '  ├─ ', blockerText(blocker), layout);
    }),
    ...(blockersLeftOut > 0 ? [`  └─ and ${blockersLeftOut} more`] : []),
  ];
}

function blockerText({ pid, application, state, transactionAgeMs, query }: Blocker): string {
  const who = pid === 0 ? 'a prepared transaction' : `${pid} "${printable(application, NAME)}"`;
  const doing = state === undefined ? '' : ` ${printable(state, NAME)}`;
  const age =
    transactionAgeMs === undefined ? '' : `, transaction open for ${durationText(transactionAgeMs)}`;
  return `${who}${doing}${age}${queryText(query)}`;
}

function orphansOf(orphans: readonly Orphan[], paint: Paint, layout: Layout): string[] {
  if (orphans.length === 0) return [];
  const shown = orphans
    .slice(0, MAX_ROWS)
    .map(({ pid, verdict, state, inStateMs, applicationName, query }) => {
      const process =
        verdict === 'dead' ? 'its process does not run any more' : 'its process may run elsewhere';
      const doing = `${printable(state, NAME)} for ${durationText(inStateMs)}`;
      return hanging(
        '  ',
        `${pid} "${printable(applicationName, 64)}" ${doing}, ${process}${queryText(query)}`,
        layout,
      );
    });
  const more = orphans.length - MAX_ROWS;
  const rest = more > 0 ? [`  and ${more} more`] : [];
  return [[paint('yellow', 'left behind'), ...shown, ...rest].join('\n')];
}

function missingOf(missing: readonly string[], layout: Layout): string[] {
  if (missing.length === 0) return [];
  return [
    ['could not be seen', ...missing.map((each) => hanging('  ', printable(each, 400), layout))].join('\n'),
  ];
}

function queryText(query: string | undefined): string {
  return query === undefined || query === '' ? '' : `: ${printable(query, QUERY)}`;
}
