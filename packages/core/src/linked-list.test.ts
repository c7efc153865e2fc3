import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LinkedList } from './linked-list.ts';
import type { Linked } from './linked-list.ts';

class Node implements Linked<Node> {
  prev: Node | undefined;
  next: Node | undefined;
  list: LinkedList<Node> | undefined;
}

const nodes = (count: number): Node[] => Array.from({ length: count }, () => new Node());

describe('a linked list', () => {
  it('keeps the order in which members were added', () => {
    const list = new LinkedList<Node>();
    const [a, b, c] = nodes(3) as [Node, Node, Node];
    for (const node of [a, b, c]) list.append(node);
    expect([...list]).toEqual([a, b, c]);
    expect([list.first, list.last, list.length]).toEqual([a, c, 3]);
    expect(list.shift()).toBe(a);
    expect(list.first).toBe(b);
  });

  it('is empty at first, and shifts nothing', () => {
    const list = new LinkedList<Node>();
    expect([list.first, list.last, list.length, list.shift()]).toEqual([undefined, undefined, 0, undefined]);
  });

  it('refuses a member that is in a list already', () => {
    const [node] = nodes(1) as [Node];
    new LinkedList<Node>().append(node);
    expect(() => new LinkedList<Node>().append(node)).toThrow('BUG');
  });

  it('does not remove a member of another list', () => {
    const [node] = nodes(1) as [Node];
    const home = new LinkedList<Node>();
    home.append(node);
    expect(new LinkedList<Node>().remove(node)).toBe(false);
    expect([...home]).toEqual([node]);
  });

  it('lets the member that was just yielded be removed', () => {
    const list = new LinkedList<Node>();
    for (const node of nodes(4)) list.append(node);
    for (const node of list) list.remove(node);
    expect(list.length).toBe(0);
  });

  it('behaves as an array does', () => {
    const steps = fc.array(fc.tuple(fc.constantFrom('append', 'remove', 'shift'), fc.nat({ max: 9 })));
    fc.assert(
      fc.property(steps, (history) => {
        const pool = nodes(10);
        const list = new LinkedList<Node>();
        const expected: Node[] = [];
        for (const [what, index] of history) {
          const node = pool[index] as Node;
          const at = expected.indexOf(node);
          if (what === 'append' && at < 0) list.append(expected[expected.push(node) - 1] as Node);
          if (what === 'remove') {
            expect(list.remove(node)).toBe(at >= 0);
            if (at >= 0) expected.splice(at, 1);
          }
          if (what === 'shift') expect(list.shift()).toBe(expected.shift());
          expect([...list]).toEqual(expected);
          expect([list.first, list.last, list.length]).toEqual([
            expected[0],
            expected.at(-1),
            expected.length,
          ]);
        }
      }),
    );
  });
});
