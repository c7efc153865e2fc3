import { describe, expect, it } from 'vitest';
import { EventHub } from './events.ts';
import { settle } from './testing/index.ts';

interface Events {
  tick: number;
  tock: string;
}

function makeHub(): { hub: EventHub<Events>; failures: [string, unknown][] } {
  const failures: [string, unknown][] = [];
  return { hub: new EventHub<Events>((event, error) => failures.push([event, error])), failures };
}

describe('an event', () => {
  it('reaches its listeners in the order in which they were added, and no others', () => {
    const { hub } = makeHub();
    const heard: unknown[] = [];
    hub.on('tick', (value) => heard.push(`first ${value}`));
    hub.on('tick', (value) => heard.push(`second ${value}`));
    hub.on('tock', (value) => heard.push(value));
    hub.emit('tick', 1);
    expect(heard).toEqual(['first 1', 'second 1']);
  });

  it('without listeners goes nowhere, which can be asked before', () => {
    const { hub } = makeHub();
    expect(hub.has('tick')).toBe(false);
    hub.emit('tick', 1);
    const off = hub.on('tick', () => undefined);
    expect([hub.has('tick'), hub.has('tock')]).toEqual([true, false]);
    off();
    expect(hub.has('tick')).toBe(false);
  });

  it('no longer reaches a listener that was removed; removing it again does nothing', () => {
    const { hub } = makeHub();
    let heard = 0;
    const listener = (): number => (heard += 1);
    const off = hub.on('tick', listener);
    hub.on('tick', listener);
    off();
    off();
    hub.emit('tick', 1);
    expect(heard).toBe(1);
  });

  it('goes on to the others when one throws', () => {
    const { hub, failures } = makeHub();
    const error = new Error('boom');
    let heard = 0;
    hub.on('tick', () => {
      throw error;
    });
    hub.on('tick', () => (heard += 1));
    hub.emit('tick', 1);
    expect([heard, failures]).toEqual([1, [['tick', error]]]);
  });

  it('reports the listener whose promise rejects', async () => {
    const { hub, failures } = makeHub();
    const error = new Error('boom');
    hub.on('tick', () => Promise.reject(error));
    hub.on('tick', () => Promise.resolve());
    hub.emit('tick', 1);
    await settle();
    expect(failures).toEqual([['tick', error]]);
  });

  it('goes to those who listened when it happened, whoever comes and goes meanwhile', () => {
    const { hub } = makeHub();
    const heard: string[] = [];
    hub.on('tick', () => {
      heard.push('first');
      off();
      hub.on('tick', () => heard.push('late'));
    });
    const off = hub.on('tick', () => heard.push('second'));
    hub.emit('tick', 1);
    expect(heard).toEqual(['first', 'second']);
  });
});
