import { describe, expect, it } from 'vitest';
import { limitsOf } from './alert-limits.ts';
import type { Level } from './alert-rule.ts';
import { OK, nextState } from './alert-state.ts';
import type { AlertState, Look } from './alert-state.ts';

const limits = limitsOf({ above: 1, forMs: 10, resolveAfterMs: 10 });

/** A look every five milliseconds; `!` is a gap before it. */
function after(looks: string, from: AlertState = OK): AlertState {
  let state = from;
  let at = 0;
  let isAfterGap = false;
  for (const letter of looks) {
    if (letter === '!') isAfterGap = true;
    else {
      const level: Level = letter === 'h' ? 'high' : letter === 'c' ? 'calm' : 'between';
      const look: Look = { at: (at += 5), level, countedMs: isAfterGap ? 0 : 5, isAfterGap };
      state = nextState(state, look, limits);
      isAfterGap = false;
    }
  }
  return state;
}

describe('the life of an alert', () => {
  it.each([
    ['', 'ok'],
    ['h', 'pending'],
    ['hh', 'pending'],
    ['hhh', 'firing'],
    ['hhb', 'ok'],
    ['hhbh', 'pending'],
    ['hh!h', 'pending'],
    ['hh!hhh', 'firing'],
    ['hhhcc', 'firing'],
    ['hhhccc', 'resolved'],
    ['hhhccbcc', 'firing'],
    ['hhhcc!cc', 'firing'],
    ['hhhcc!ccc', 'resolved'],
    ['hhhccch', 'pending'],
  ])('after %s it is %s', (looks, phase) => {
    expect(after(looks).phase).toBe(phase);
  });

  it('that was over and did not begin again after all is still one that was over', () => {
    expect(after('hhhccchb')).toEqual(after('hhhccc'));
  });

  it('knows since when, from the first look at which it was so', () => {
    expect(after('bbhhh')).toMatchObject({ phase: 'firing', since: 15 });
    expect(after('hh!hhh')).toMatchObject({ phase: 'firing', since: 15 });
    expect(after('hhhccc')).toEqual({ phase: 'resolved', since: 5, resolvedAt: 30 });
  });

  it('without times begins and ends at the first look', () => {
    const atOnce = limitsOf({ above: 1, forMs: 0, resolveAfterMs: 0 });
    const look: Look = { at: 5, level: 'high', countedMs: 0, isAfterGap: true };
    const firing = nextState(OK, look, atOnce);
    expect(firing.phase).toBe('firing');
    expect(nextState(firing, { ...look, level: 'calm' }, atOnce).phase).toBe('resolved');
  });
});
