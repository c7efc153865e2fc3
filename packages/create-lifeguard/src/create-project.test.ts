import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CreateError } from './create-error.ts';
import { createProject } from './create-project.ts';
import { main } from './main.ts';

let place: string;
let templates: string;

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'create-lifeguard-'));
  templates = join(place, 'templates');
  write(
    'templates/api/package.json',
    '{"name":"example-api","description":"An API","scripts":{"start":"node ."}}',
  );
  write('templates/api/gitignore', 'node_modules/\n');
  write('templates/api/.env.example', 'PORT=3000\n');
  write('templates/api/src/main.ts', 'export {};\n');
  write('templates/worker/package.json', '{"name":"example-worker","description":"A worker"}');
});

afterEach(() => rmSync(place, { recursive: true, force: true }));

function write(file: string, text: string): void {
  mkdirSync(join(place, file, '..'), { recursive: true });
  writeFileSync(join(place, file), text);
}

const create = (directory: string, template = 'api') =>
  createProject({ template, directory, cwd: place, templates });

describe('a new project', () => {
  test('has all files of its template, and what npm does not pack under its own name has it again', () => {
    const { directory, files } = create('my-app');
    expect(directory).toBe(join(place, 'my-app'));
    expect([...files].sort()).toEqual(['.env.example', '.gitignore', 'package.json', join('src', 'main.ts')]);
    for (const file of files) expect(existsSync(join(directory, file)), file).toBe(true);
    expect(readFileSync(join(directory, '.gitignore'), 'utf8')).toBe('node_modules/\n');
  });

  test('is called as its directory is, and has nothing of its template in its package.json but what it needs', () => {
    const { name } = create('deep/down/My App!');
    expect(name).toBe('my-app');
    expect(JSON.parse(readFileSync(join(place, 'deep/down/My App!/package.json'), 'utf8'))).toEqual({
      name: 'my-app',
      version: '0.0.0',
      scripts: { start: 'node .' },
    });
  });

  test.each([
    ['app_1', 'app_1'],
    ['.hidden', 'hidden'],
    ['Größe 2', 'gr-e-2'],
  ])('in %s is called %s', (directory, name) => {
    expect(create(directory).name).toBe(name);
  });

  test('may be made in an empty directory, and where only git is', () => {
    mkdirSync(join(place, 'empty'));
    mkdirSync(join(place, 'cloned/.git'), { recursive: true });
    expect(create('empty').files).toHaveLength(4);
    expect(create('cloned').files).toHaveLength(4);
  });
});

describe('nothing is written', () => {
  const refusal = (directory: string, template?: string): CreateError => {
    const before = tree();
    try {
      create(directory, template);
    } catch (error) {
      expect(tree()).toEqual(before);
      if (error instanceof CreateError) return error;
      throw error;
    }
    throw new Error('it was created');
  };
  const tree = (): readonly string[] => (readdirSync(place, { recursive: true }) as string[]).sort();

  test('where something is', () => {
    write('full/notes.txt', 'mine');
    expect(refusal('full')).toMatchObject({
      problem: 'refused',
      message: expect.stringContaining('notes.txt'),
    });
  });

  test('over a second time', () => {
    create('my-app');
    expect(refusal('my-app').problem).toBe('refused');
  });

  test('where a file has the name', () => {
    write('taken', 'mine');
    expect(refusal('taken')).toMatchObject({
      problem: 'refused',
      message: expect.stringContaining('not a directory'),
    });
  });

  test('for a template that does not exist, nor for one that is a path', () => {
    expect(refusal('a', 'apo')).toMatchObject({ problem: 'usage', fix: 'take one of api, worker' });
    expect(refusal('a', '../templates/api').problem).toBe('usage');
  });

  test('where no name can be made', () => {
    expect(refusal('!!!').problem).toBe('usage');
    expect(refusal('x'.repeat(215)).problem).toBe('usage');
  });
});

describe('the command', () => {
  const run = (...args: readonly string[]) => {
    const said = { out: '', error: '' };
    const code = main(args, {
      out: (text) => (said.out += text),
      error: (text) => (said.error += text),
      cwd: place,
      templates,
    });
    return { code, ...said };
  };

  test('says what comes next', () => {
    const { code, out } = run('my-app', '--template', 'api');
    expect(code).toBe(0);
    expect(out).toMatch(/^ {2}cd my-app\n {2}npm install\n/m);
  });

  test('leaves out the way to where one is already', () => {
    mkdirSync(join(place, 'here'));
    const code = main(['.', '-t', 'api'], {
      out: (text) => expect(text).not.toContain('  cd '),
      error: () => undefined,
      cwd: join(place, 'here'),
      templates,
    });
    expect(code).toBe(0);
  });

  test('lists the templates', () => {
    expect(run('--list')).toEqual({
      code: 0,
      out: '  api              An API\n  worker           A worker\n',
      error: '',
    });
    expect(run('--help')).toMatchObject({ code: 0, out: expect.stringContaining('An API') });
  });

  test.each([[[]], [['my-app']], [['--template', 'api']], [['one', 'two', '-t', 'api']]])(
    '%o is answered with how it is used',
    (args) => {
      expect(run(...args)).toMatchObject({ code: 64, out: '', error: expect.stringContaining('A worker') });
    },
  );

  test('does not understand other options, and says which are there', () => {
    expect(run('my-app', '--tempalte', 'api')).toMatchObject({
      code: 64,
      error: expect.stringContaining('--template'),
    });
  });

  test('ends with 1 where something is', () => {
    write('full/notes.txt', 'mine');
    expect(run('full', '-t', 'api')).toMatchObject({
      code: 1,
      error: expect.stringContaining('nothing is overwritten'),
    });
  });
});

test('without templates it says how they get there', () => {
  const said: string[] = [];
  const io = { out: () => undefined, error: (text: string) => said.push(text), cwd: place };
  expect(main(['--list'], { ...io, templates: join(place, 'nowhere') })).toBe(1);
  expect(said.join('')).toContain('npm run templates');
});

test('the program starts without anything installed', () => {
  const bin = join(import.meta.dirname, 'bin.ts');
  const { status, stderr } = spawnSync(process.execPath, [bin, '--no-such-option'], { encoding: 'utf8' });
  expect(status, stderr).toBe(64);
});
