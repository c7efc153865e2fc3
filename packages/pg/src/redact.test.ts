import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { hideSecrets } from './redact.ts';

test('options are shown without what is secret in them, at any depth', () => {
  const options = {
    user: 'me',
    password: 'geheim',
    connectionString: 'postgres://me:geheim@host/db',
    ssl: { ca: 'public', key: 'geheim', passphrase: 'geheim' },
    options: '-c app.token=geheim',
    other: [{ password: 'geheim' }, 'postgres://me:1/geheim@host/db', { a: { b: { c: ['geheim'] } } }],
    replica: 'postgres://me:geheim@host/db',
    onConnect: () => 'geheim',
  };
  hideSecrets(options);
  expect(inspect(options)).not.toContain('geheim');
  expect(JSON.parse(JSON.stringify(options))).toMatchObject({
    user: 'me',
    password: '***',
    ssl: { ca: 'public', key: '***' },
    onConnect: '[function]',
  });
  expect(options.password).toBe('geheim');
});
