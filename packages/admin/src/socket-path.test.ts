import { describe, expect, it } from 'vitest';
import { pidOfSocket, shortEnough, socketName } from './socket-path.ts';

describe('the name of a socket', () => {
  it('has the process, and the thread where it is not the main one', () => {
    expect([socketName(12, 0), socketName(12, 3)]).toEqual(['lifeguard-12.sock', 'lifeguard-12-3.sock']);
    expect([pidOfSocket('lifeguard-12.sock'), pidOfSocket('lifeguard-12-3.sock')]).toEqual([12, 12]);
  });

  it.each([
    'lifeguard-.sock',
    'lifeguard-12.sock~',
    'lifeguard-1e3.sock',
    'xlifeguard-1.sock',
    'lifeguard-12',
    '.sock',
  ])('%s is none of ours', (name) => {
    expect(pidOfSocket(name)).toBeUndefined();
  });
});

describe('the path of a socket', () => {
  const name = 'lifeguard-1.sock';
  const of = (bytes: number): string => `/${'x'.repeat(bytes - name.length - 2)}`;

  it.each([
    ['linux', 107],
    ['darwin', 103],
    ['freebsd', 103],
  ] as const)('has on %s at most %i bytes', (platform, bytes) => {
    expect(shortEnough([of(bytes)], name, platform)).toBe(of(bytes));
    expect(() => shortEnough([of(bytes + 1)], name, platform)).toThrow(
      expect.objectContaining({ code: 'LG_UNSUPPORTED', reason: 'path-too-long' }),
    );
  });

  it('is counted in bytes, not in characters', () => {
    expect(() => shortEnough([`/${'é'.repeat(60)}`], name, 'linux')).toThrow(/\(138 bytes\)/);
  });

  it('is in the first directory that is short enough', () => {
    expect(shortEnough([of(200), '/short', '/shorter'], name, 'linux')).toBe('/short');
  });
});
