import type { Call } from './calls.ts';

/** Somebody who perhaps found no connection, or the grant of one who waited. */
interface Entry {
  readonly at: number;
  readonly call: Call | undefined;
}

/** What a pool says of its load, a second. */
export interface LoadClaim {
  readonly arrivalsPerSecond: number;
  readonly servedPerSecond: number;
}

/** So many come and are served, from the beginning of the entries up to each of them. */
interface Sums {
  readonly sure: readonly number[];
  readonly perhaps: readonly number[];
  readonly served: readonly number[];
}

/** A time in which so many came and were served: how long it was, and the entry with which it ended. */
interface Window {
  readonly ms: number;
  readonly end: number;
}

const PARTS = 4;
/** A part in which fewer were served lasts longer. */
const LEAST_SERVED = 20;
/** Whoever is turned away with these has come, though it has not waited. */
const COUNTED: readonly (string | undefined)[] = ['LG_OVERLOADED', 'LG_QUEUE_FULL'];

/** Who came and who was served while somebody waited: it shows whether what a pool says of its load is true. */
export class Arrivals {
  /** A quarter of the time that an excess must last. */
  readonly #partMs: number;
  #entries: Entry[] = [];
  #newIn = 0;
  #emptySince: number | undefined = -Infinity;
  #wasFlooded = false;
  #last: (LoadClaim & Window) | undefined;

  constructor(overloadAfterMs: number) {
    this.#partMs = overloadAfterMs / PARTS;
  }

  came(at: number, call: Call): void {
    this.#entries.push({ at, call });
  }

  served(at: number): void {
    this.#entries.push({ at, call: undefined });
  }

  /** The end of a step: what was before a time in which nobody waited is forgotten. */
  stepEnded(now: number, isWaiting: boolean): void {
    const first = this.#entries.findIndex(
      ({ call }, index) => index >= this.#newIn && call?.foundNone === true,
    );
    if (first >= 0 && this.#emptySince !== undefined) {
      if (now - this.#emptySince > this.#partMs) this.#startAfresh(first);
      this.#emptySince = undefined;
    }
    if (!isWaiting) this.#emptySince ??= now;
    this.#newIn = this.#entries.length;
  }

  /** Whether in each of four parts of the time, one after the other, more came than were served. */
  get wasFlooded(): boolean {
    this.#wasFlooded ||= isFlood(this.#entries, this.#sums(), this.#partMs);
    return this.#wasFlooded;
  }

  /** How long the longest time was, up to lately, in which so many came and were served; 0 when there was none. */
  measured({ arrivalsPerSecond, servedPerSecond }: LoadClaim): number {
    const last = this.#last;
    const isSame = last?.arrivalsPerSecond === arrivalsPerSecond && last.servedPerSecond === servedPerSecond;
    const earliest = this.#earliestEnd();
    if (isSame && last.end >= earliest) return last.ms;
    const claim = { arrivalsPerSecond, servedPerSecond };
    this.#last = { ...claim, ...longest(this.#entries, this.#sums(), claim, earliest) };
    return this.#last.ms;
  }

  /** A part that has ended must have ended there or later: after that there was not enough for another one. */
  #earliestEnd(): number {
    const now = this.#entries.at(-1)?.at ?? 0;
    let served = 0;
    let end = this.#entries.length - 1;
    for (; end > 0; end -= 1) {
      const { at, call } = this.#entries[end] as Entry;
      if (served > LEAST_SERVED && now - at > this.#partMs) break;
      if (call === undefined) served += 1;
    }
    return end;
  }

  #startAfresh(first: number): void {
    this.#entries = this.#entries.slice(first);
    this.#wasFlooded = false;
    this.#last = undefined;
  }

  #sums(): Sums {
    const sums = { sure: [0], perhaps: [0], served: [0] };
    this.#entries.forEach(({ call }, index) => {
      const isSure = call !== undefined && call.foundNone && isCounted(call);
      const isPerhaps = call !== undefined && call.foundNone;
      sums.sure.push((sums.sure[index] as number) + (isSure ? 1 : 0));
      sums.perhaps.push((sums.perhaps[index] as number) + (isPerhaps ? 1 : 0));
      sums.served.push((sums.served[index] as number) + (call === undefined ? 1 : 0));
    });
    return sums;
  }
}

/** Not when it was turned away at once, for a reason of its own, or may be about to. */
function isCounted({ state, step, endedIn, refusedWith }: Call): boolean {
  return state === 'granted' || endedIn > step || COUNTED.includes(refusedWith);
}

function isFlood(entries: readonly Entry[], { perhaps, served }: Sums, partMs: number): boolean {
  const excess = perhaps.map((each, index) => each - (served[index] as number));
  // Where a part may begin: at first anywhere, then where another has ended.
  let begins = entries.map(() => true);
  for (let part = 0; part < PARTS; part += 1) {
    let [from, least] = [0, Infinity];
    const ends = entries.map(({ at }, end) => {
      for (; (entries[from] as Entry).at <= at - partMs; from += 1)
        if (begins[from] === true) least = Math.min(least, excess[part === 0 ? from : from + 1] as number);
      return (excess[end + 1] as number) > least;
    });
    if (!ends.includes(true)) return false;
    begins = ends;
  }
  return true;
}

function longest(
  entries: readonly Entry[],
  { sure, perhaps, served }: Sums,
  claim: LoadClaim,
  earliest: number,
): Window {
  const isClaimed = (ms: number, from: number, to: number): boolean => {
    const count = (served[to] as number) - (served[from] as number);
    if (Math.abs(count - (claim.servedPerSecond * ms) / 1_000) > 1e-6) return false;
    const came = (claim.arrivalsPerSecond * ms) / 1_000;
    return (
      came >= (sure[to] as number) - (sure[from] as number) - 1e-6 &&
      came <= (perhaps[to] as number) - (perhaps[from] as number) + 1e-6
    );
  };
  let most: Window = { ms: 0, end: -1 };
  for (let end = earliest; end < entries.length; end += 1) {
    const to = (entries[end] as Entry).at;
    for (let begin = 0; begin < end; begin += 1) {
      const ms = to - (entries[begin] as Entry).at;
      if (ms <= most.ms) break;
      // The first part counts the one with whom it begins; the others begin where one has ended.
      if (isClaimed(ms, begin, end + 1) || isClaimed(ms, begin + 1, end + 1)) most = { ms, end };
    }
  }
  return most;
}
