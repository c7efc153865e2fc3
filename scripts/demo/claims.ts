import type { Evidence } from '@lifeguard/core';
import {
  formatPlace,
  isPlanted,
  LEAKING,
  type NamedPlace,
  NESTING,
  OVERRUNNING,
  PLANTED_FILE,
  UNKNOWN,
} from './planted.ts';
import type { Served, SideResult } from './run-side.ts';

/** One thing that the demo says of itself. */
export interface Claim {
  readonly text: string;
  readonly held: boolean;
  /** What was seen instead. */
  readonly seen: string;
}

/** What is known of each planted mistake, at least. */
const EVIDENCE: Readonly<Record<string, readonly Evidence[]>> = {
  refundOrder: ['orphaned', 'collected'],
  importPrices: ['orphaned'],
  payOrder: ['overdue', 'idle'],
};

const PG_TIMEOUT = 'timeout exceeded when trying to connect';

/** Everything that must hold for the demo to be worth showing. */
export function checkClaims(plain: SideResult, guarded: SideResult): Claim[] {
  return [
    ...claimsOfPlain(plain),
    ...claimsOfDiagnosis(plain),
    ...claimsOfGuarded(guarded),
    ...claimsOfReports(guarded),
    ...claimsOfDeadlock(plain, guarded),
  ];
}

function claimsOfPlain({ requests, lastPart, status, log }: SideResult): Claim[] {
  return [
    claim('pg.Pool: more than 40 % of the requests fail', share(requests) < 0.6, served(requests)),
    claim('pg.Pool: at the end nothing is served any more', lastPart.served === 0, served(lastPart)),
    claim('pg.Pool: all connections are still held', status.used === status.max, held(status)),
    claim(
      `pg.Pool: all it says is "${PG_TIMEOUT}"`,
      log.errors.length === 1 && log.errors[0]?.text === PG_TIMEOUT,
      log.errors.map(({ text }) => text).join('; '),
    ),
  ];
}

function claimsOfDiagnosis({ diagnosis }: SideResult): Claim[] {
  const suspects = diagnosis?.suspects ?? [];
  const planted = [...LEAKING, OVERRUNNING, ...NESTING];
  const innocent = suspects.filter((place) => !planted.some((name) => isPlanted(place, name)));
  const isNamed = suspects.some((place) => isPlanted(place, LEAKING[0]));
  return [
    claim(`pg.Pool: asked from outside, the line in ${LEAKING[0]} is named`, isNamed, places(suspects)),
    claim('pg.Pool: asked from outside, nobody innocent is named', innocent.length === 0, places(innocent)),
  ];
}

function claimsOfGuarded({
  requests,
  lastPart,
  status,
  health,
  backends,
  exportsSeen,
  log,
  shutdown,
}: SideResult): Claim[] {
  const reclaimed = log.takenBack['leak'] ?? 0;
  const ended = log.takenBack['session-timeout'] ?? 0;
  return [
    claim('Lifeguard: at least 80 % of the requests are served', share(requests) >= 0.8, served(requests)),
    claim('Lifeguard: at the end at least 99 % are', share(lastPart) >= 0.99, served(lastPart)),
    claim('Lifeguard: no connection is held at the end', status.used === 0, held(status)),
    claim('Lifeguard: connections were reclaimed', reclaimed > 0, `${reclaimed}`),
    claim('Lifeguard: sessions were ended at their deadline', ended > 0, `${ended}`),
    claim('Lifeguard: queries were seen on the server that outlive their deadline', exportsSeen > 0, 'none'),
    claim(
      'Lifeguard: none of them is there any more',
      backends.pastDeadline === 0,
      `${backends.pastDeadline}`,
    ),
    claim('Lifeguard: healthy at the end', health === 'ok', health),
    claim(
      'Lifeguard: closes in time and leaves no backend',
      shutdown.tookMs !== undefined && shutdown.backendsLeft === 0,
      `${shutdown.tookMs ?? 'killed'}, ${shutdown.backendsLeft} left`,
    ),
  ];
}

function claimsOfReports({ log }: SideResult): Claim[] {
  const named = (functionName: string) => (place: NamedPlace) => isPlanted(place, functionName);
  const guilty = (place: NamedPlace) => [...LEAKING, OVERRUNNING].some((name) => isPlanted(place, name));
  // Under heavy load a stack may be missing; a report without a place blames nobody.
  const innocent = log.leaks.filter((place) => place.file !== UNKNOWN.file && !guilty(place));
  const exhausted = log.exhaustion?.text ?? 'no such error';
  return [
    ...LEAKING.map((name) =>
      claim(`Lifeguard: a report names the line in ${name}`, log.leaks.some(named(name)), places(log.leaks)),
    ),
    ...Object.entries(EVIDENCE).map(([name, evidence]) => {
      const found = log.leaks.find(named(name))?.evidence ?? [];
      const isComplete = evidence.every((each) => found.includes(each));
      return claim(`Lifeguard: ${name} is ${evidence.join(', ')}`, isComplete, found.join(', ') || 'nothing');
    }),
    claim(
      'Lifeguard: payOrder is idle in transaction',
      log.leaks.find(named('payOrder'))?.inTransaction === true,
      'not in a transaction',
    ),
    claim(
      `Lifeguard: the timeout names the line in ${OVERRUNNING}`,
      log.overruns.some(named(OVERRUNNING)),
      places(log.overruns),
    ),
    claim('Lifeguard: nobody innocent is reported', innocent.length === 0, places(innocent)),
    claim('Lifeguard: exhaustion names its holders', exhausted.includes(`${PLANTED_FILE}:`), exhausted),
  ];
}

function claimsOfDeadlock(plain: SideResult, { nested, log }: SideResult): Claim[] {
  const text = log.deadlocks?.text ?? 'no such error';
  const [, file = '', heldLine, waitingLine] = /× (\S+):(\d+) .* waits at \S+:(\d+)/.exec(text) ?? [];
  const names = (line: string | undefined, functionName: string): boolean =>
    isPlanted({ file, line: Number(line), functionName: undefined }, functionName);
  return [
    claim(
      'pg.Pool: who needs a second connection waits until the timeout',
      plain.nested.p50Ms >= 900,
      `${plain.nested.p50Ms} ms`,
    ),
    claim(
      'Lifeguard: the deadlock names the line that holds, and the line that waits',
      names(heldLine, NESTING[0]) && names(waitingLine, NESTING[1]),
      text,
    ),
    claim('Lifeguard: most of them are served all the same', share(nested) > 0.5, served(nested)),
  ];
}

const claim = (text: string, isHeld: boolean, seen: string): Claim => ({ text, held: isHeld, seen });
const share = ({ sent, served: count }: Served): number => (sent === 0 ? 0 : count / sent);
const served = ({ sent, served: count }: Served): string => `${count} of ${sent} served`;
const held = ({ used, max }: SideResult['status']): string => `${used} of ${max} held`;
const places = (list: readonly NamedPlace[]): string => list.map(formatPlace).join(', ') || 'none';
