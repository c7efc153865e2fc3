const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
type Unit = keyof typeof UNITS;

/** A duration as it is written: a number and its unit, without a space. */
export const DURATION_PATTERN: RegExp = /^\d+(\.\d+)?(ms|s|m|h)$/;

const SPELLINGS: Readonly<Record<Unit, readonly string[]>> = {
  ms: ['ms', 'msec', 'msecs', 'millis', 'millisecond', 'milliseconds'],
  s: ['s', 'sec', 'secs', 'second', 'seconds'],
  m: ['m', 'min', 'mins', 'minute', 'minutes'],
  h: ['h', 'hr', 'hrs', 'hour', 'hours'],
};

/** Milliseconds of `30s`, `5m`, `1.5h`, `250ms`, or of a number of seconds; whole. `NaN` for anything else. */
export function durationToMs(value: number | string): number {
  if (typeof value === 'number') return Math.round(value * UNITS.s);
  if (!DURATION_PATTERN.test(value)) return Number.NaN;
  const unit = value.endsWith('ms') ? 'ms' : (value.slice(-1) as Unit);
  return Math.round(Number(value.slice(0, -unit.length)) * UNITS[unit]);
}

/** As short as it can be written without loss: `90s`, `1h`, `1500ms`. */
export function writeDuration(ms: number): string {
  if (ms === 0) return '0';
  const units = ['h', 'm', 's'] as const;
  const unit = units.find((each) => ms % UNITS[each] === 0) ?? 'ms';
  return `${ms / UNITS[unit]}${unit}`;
}

/** `30 sec` → `30s`, `1h30m` → `90m`: what somebody meant who wrote a duration in another way. */
export function normalizeDuration(text: string): string | undefined {
  const [, hours, minutes] = /^(\d{1,4})h ?(\d{1,2})m(?:in)?$/i.exec(text.trim().slice(0, 40)) ?? [];
  if (hours !== undefined) return `${Number(hours) * 60 + Number(minutes)}m`;
  const [, number, word] =
    /^(\d{1,12}(?:\.\d{1,6})?)[ _]?([a-z]{1,12})$/i.exec(text.trim().slice(0, 40)) ?? [];
  if (number === undefined || word === undefined) return undefined;
  const unit = (Object.keys(UNITS) as Unit[]).find((each) => SPELLINGS[each].includes(word.toLowerCase()));
  return unit === undefined ? undefined : `${number}${unit}`;
}
