// The command in a real terminal, beside an application in a process of its own.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { expect, test } from 'vitest';
import { BIN, makeWorld } from '../../test/run-cli.ts';
import type { World } from '../../test/run-cli.ts';
import { Tmux, describeWithTmux } from '../../test/tmux.ts';

const MONITOR = `"${process.execPath}" "${BIN}" monitor --interval 0.5`;

/** A terminal that shows a monitor; in front of it, the shell has printed something. */
async function watching(world: World, options = ''): Promise<Tmux> {
  const terminal = new Tmux(world, 100, 24);
  terminal.type('echo "before $((40 + 2))"');
  await terminal.untilShown('before 42');
  terminal.type(`${MONITOR} ${options}`);
  await terminal.untilShown('q quit');
  return terminal;
}

/** It has ended so; the shell has its screen, its cursor, and echoes what is typed. */
async function expectEnd(terminal: Tmux, code: number): Promise<void> {
  const lines = await atPrompt(terminal);
  expect(lines.join('\n')).toContain('before 42');
  expect(terminal.modes).toEqual({ isOtherScreen: false, hasCursor: true });
  terminal.type('echo "ended with $?"');
  await terminal.untilShown(`\nended with ${code}\n`);
  await atPrompt(terminal);
  terminal.type('stty -a | tr " " "\\n" | grep -cxE "(icanon|echo|isig|icrnl|opost);?"');
  await terminal.until((all) => all.some((line) => /^(# |\$ )?5$/.test(line)), 'a terminal as it was');
  await atPrompt(terminal);
  terminal.type('echo "and on: $((1 + 1))"');
  await terminal.untilShown('echo "and on: $((1 + 1))"\nand on: 2');
}

/** The shell is done with the last command: what is typed before that is shown twice. */
function atPrompt(terminal: Tmux): Promise<readonly string[]> {
  const isPrompt = (line: string | undefined): boolean => line === '#' || line === '$';
  return terminal.until((all) => isPrompt(all.findLast((line) => line !== '')), 'a prompt');
}

describeWithTmux('in a terminal', () => {
  test('it fills the screen, obeys its keys, follows the size, and leaves no trace', async () => {
    const world = makeWorld();
    const { pid } = await world.application({ leak: 1, busy: true });
    const terminal = await watching(world);
    expect(terminal.modes).toEqual({ isOtherScreen: true, hasCursor: false });
    expect(terminal.lines[0]).toMatch(new RegExp(`^orders \\(pid ${pid}\\) +every 0\\.5s  [\\d:]{8}Z$`));
    await terminal.untilShown('LEAK? no query yet');
    await terminal.untilShown('critical leaking-site');

    terminal.press('Down');
    await terminal.until((lines) => lines.some((line) => line.startsWith('> ')), 'a selected row');
    terminal.press('Enter');
    await terminal.untilShown('called from');
    terminal.press('Escape');
    await terminal.until((lines) => !lines.join('\n').includes('called from'), 'the table');
    terminal.press('F2');
    await terminal.untilShown('nobody waits for a connection');
    terminal.press('3');
    await terminal.untilShown('BLOCKED');
    terminal.press('Space');
    await terminal.untilShown('PAUSED');
    terminal.press('Space', '+', '1');
    await terminal.untilShown('every 1s');
    terminal.press('h');
    await terminal.untilShown('replace all connections of the pool (asks before)');
    terminal.press('x');
    await terminal.untilShown('LAST QUERY');

    terminal.resize(50, 12);
    const narrow = await terminal.until(
      (lines) => lines[11]?.startsWith('q quit') === true,
      'a small screen',
    );
    expect(narrow).toHaveLength(12);
    expect(narrow.join('\n')).not.toContain('LAST QUERY');
    terminal.resize(120, 30);
    const wide = await terminal.until((lines) => lines[29]?.startsWith('q quit') === true, 'a large screen');
    expect(wide.filter((line) => line.includes('q quit'))).toHaveLength(1);
    await terminal.untilShown('LAST QUERY');

    terminal.press('q');
    await expectEnd(terminal, 0);
  });

  test('Ctrl-C and signals put the terminal back, and the shell sees which it was', async () => {
    const world = makeWorld();
    const { pid } = await world.application();
    const terminal = await watching(world);
    terminal.press('C-c');
    await expectEnd(terminal, 0);
    for (const [signal, code] of [
      ['SIGTERM', 143],
      ['SIGHUP', 129],
    ] as const) {
      terminal.type(`${MONITOR} --pid ${pid}`);
      await terminal.untilShown('q quit');
      process.kill(terminal.foreground, signal);
      await expectEnd(terminal, code);
    }
  });

  test('a defect is told on the screen of the shell', async () => {
    const world = makeWorld();
    await world.application();
    const terminal = new Tmux(world, 100, 24);
    terminal.type('echo "before $((40 + 2))"');
    await terminal.untilShown('before 42');
    const defect = join(world.directory, 'defect.mjs');
    writeFileSync(defect, "process.on('SIGUSR2', () => { throw new Error('a-defect'); });");
    terminal.type(`NODE_OPTIONS="--import=${defect}" ${MONITOR}`);
    await terminal.untilShown('q quit');
    process.kill(terminal.foreground, 'SIGUSR2');
    await terminal.untilShown('Error: a-defect');
    await expectEnd(terminal, 1);
  });

  test('Ctrl-Z gives the screen to the shell, and fg takes it again', async () => {
    const world = makeWorld();
    await world.application();
    const terminal = await watching(world);
    terminal.press('C-z');
    await terminal.untilShown('Stopped');
    expect(terminal.modes).toEqual({ isOtherScreen: false, hasCursor: true });
    terminal.type('fg');
    await terminal.untilShown('q quit');
    expect(terminal.modes).toEqual({ isOtherScreen: true, hasCursor: false });
    terminal.press('q');
    await expectEnd(terminal, 0);
  });

  test('an action is done after a yes, not by what is pasted; one that is not allowed says how', async () => {
    const world = makeWorld();
    await world.application({ leak: 1, allow: ['reclaim'] });
    const terminal = await watching(world);
    await terminal.untilShown('LEAK?');
    terminal.paste('KCyq');
    terminal.press('K');
    await terminal.untilShown("serveAdmin({ pools, allow: ['evict'] })");
    terminal.press('C');
    await terminal.untilShown('(y/n) take back');
    terminal.press('n');
    await terminal.untilShown('nothing was done');
    terminal.press('C', 'y');
    await terminal.untilShown('reclaim of pool main: done (1)');
    await terminal.untilShown('no connection is in use');
    terminal.press('q');
    await expectEnd(terminal, 0);
  });

  test('an application that ends is named, and found again when it was started anew', async () => {
    const world = makeWorld();
    const first = await world.application({ name: 'orders' });
    const terminal = await watching(world, '--name orders');
    first.child.kill('SIGKILL');
    await terminal.untilShown('NO ANSWER');
    await terminal.untilShown('no application is running that can be asked');
    const second = await world.application({ name: 'orders' });
    await terminal.untilShown(`orders (pid ${second.pid})`);
    await terminal.untilShown(`pid ${second.pid} in place of ${first.pid}`);
    terminal.press('q');
    await expectEnd(terminal, 0);
  });

  test('an application that hangs keeps nobody from leaving', async () => {
    const world = makeWorld();
    const { child } = await world.application();
    const terminal = await watching(world);
    child.kill('SIGSTOP');
    const [title] = terminal.lines;
    // The time goes on while it is waited for an answer.
    await terminal.until((lines) => lines[0] !== title && !lines[0]?.includes('NO ANSWER'), 'a later time');
    terminal.press('q');
    await expectEnd(terminal, 0);
  });

  test('where no shell could continue it, Ctrl-Z only draws anew', async () => {
    const world = makeWorld();
    await world.application();
    const terminal = new Tmux(world, 100, 24, `exec ${MONITOR}`);
    await terminal.untilShown('q quit');
    terminal.press('C-z', 'h');
    await terminal.untilShown('any key: back');
    expect(terminal.modes).toEqual({ isOtherScreen: true, hasCursor: false });
  });

  test('a terminal that is closed ends it, quietly', async () => {
    const world = makeWorld();
    await world.application();
    const [errors, code] = [join(world.directory, 'errors'), join(world.directory, 'code')];
    const command = `trap "" HUP; ${MONITOR} 2>"${errors}"; echo "$?" >"${code}"`;
    const terminal = new Tmux(world, 100, 24, command);
    await terminal.untilShown('q quit');
    terminal.hangUp();
    await expect
      .poll(() => existsSync(code) && readFileSync(code, 'utf8'), { timeout: 20_000 })
      .toMatch(/^(0|129)\n$/);
    expect(readFileSync(errors, 'utf8')).toBe('');
  });
});
