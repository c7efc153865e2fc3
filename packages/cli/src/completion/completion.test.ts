import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { expect, test } from 'vitest';
import { makeWorld } from '../../test/run-cli.ts';
import { completing, describeShell } from '../../test/shells.ts';
import { bashScript } from './bash-script.ts';
import { completionModel } from './completion-model.ts';
import { fishScript } from './fish-script.ts';
import { zshScript } from './zsh-script.ts';

test('what the program offers is read from the program', () => {
  const program = new Command('lifeguard').helpOption(false).helpCommand(false);
  program.command('secret', { hidden: true });
  program
    .command('act')
    .description("it's said")
    .argument('[file]')
    .helpOption(false)
    .option('-n, --name <name>', 'of it')
    .option('--to <path>', 'there')
    .option('--fast', 'at once')
    .addOption(new Option('--how <way>', 'how').choices(['well', 'badly']))
    .addOption(new Option('--inner').hideHelp());
  const model = completionModel(program);
  expect(model).toEqual({
    options: [],
    commands: [
      {
        name: 'act',
        description: "it's said",
        operands: { kind: 'files' },
        options: [
          { flags: ['-n', '--name'], description: 'of it', values: { kind: 'running', what: 'names' } },
          { flags: ['--to'], description: 'there', values: { kind: 'files' } },
          { flags: ['--fast'], description: 'at once', values: undefined },
          { flags: ['--how'], description: 'how', values: { kind: 'words', words: ['well', 'badly'] } },
        ],
      },
    ],
  });
  expect(bashScript(model)).toContain("    'act -n'|'act --name') kind=running what=names ;;\n");
  expect(bashScript(model)).toContain("    'act --how') operands=('well' 'badly') ;;\n");
  expect(zshScript(model)).toContain(String.raw`operands=('act:it'\''s said') ;;`);
  expect(fishScript(model)).toContain(String.raw`-a 'act' -d 'it\'s said'`);
});

for (const shell of ['bash', 'zsh', 'fish'] as const)
  describeShell(shell, () => {
    test('commands, options, choices, codes, files, and what runs are completed', async () => {
      const world = makeWorld();
      const complete = await completing(shell, world);
      const help = (await world.lifeguard('--help')).stdout;
      const commands = [...help.matchAll(/^ {2}([a-z][a-z-]*) .* {2}/gm)].map(([, name]) => name);
      expect(new Set(await complete(''))).toEqual(new Set(commands));
      expect(await complete('sta')).toEqual(['status']);
      expect(await complete('diagnose', '--js')).toEqual(['--json']);
      expect(await complete('completion', 'z')).toEqual(['zsh']);
      expect(await complete('explain', 'LG_POOL_')).toEqual(['LG_POOL_CLOSED', 'LG_POOL_DEADLOCK']);
      expect(await complete('status', '--json', '--poo')).toEqual(['--pool']);
      writeFileSync(join(world.directory, 'token of mine'), '');
      expect((await complete('status', '--token-file', 'tok')).join()).toMatch(/^token(\\? of\\? mine)?$/);
    });

    test('names of what runs are asked for, and are no code', async () => {
      const world = makeWorld();
      const complete = await completing(shell, world);
      const { pid } = await world.application({ name: 'orders', pools: ['main'] });
      await world.application({ name: '$(touch ran) `touch ran`', pools: ['reports'] });
      expect(await complete('status', '--name', 'ord')).toEqual(['orders']);
      const joined = shell === 'bash' ? ['--name', '=', 'ord'] : ['--name=ord'];
      expect((await complete('status', ...joined)).join()).toMatch(/^(--name=)?orders$/);
      expect(await complete('status', '--pid', `${pid}`)).toEqual([`${pid}`]);
      expect(new Set(await complete('health-check', '--fix', '--pool', ''))).toEqual(
        new Set(['main', 'reports']),
      );
      expect(await complete('status', '--name', '')).toHaveLength(2);
      expect(existsSync(join(world.directory, 'ran'))).toBe(false);
    });
  });
