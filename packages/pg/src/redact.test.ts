import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { hideSecrets, redactUrl } from './redact.ts';

test.each([
  ['postgres://user:geheim@host:5432/db', 'postgres://user:***@host:5432/db'],
  ['postgres://user@host/db', 'postgres://user@host/db'],
  ['postgres://host/db?password=geheim&sslmode=require', 'postgres://host/db?password=***&sslmode=require'],
  ['postgres://user:ge%20heim@host/db', 'postgres://user:***@host/db'],
  ['host=a password=geheim', '***'],
  ['', '***'],
])('%s is shown as %s', (url, shown) => expect(redactUrl(url)).toBe(shown));

test('options are shown without what is secret in them, at any depth', () => {
  const options = {
    user: 'me',
    password: 'geheim',
    connectionString: 'postgres://me:geheim@host/db',
    ssl: { ca: 'public', key: 'geheim', passphrase: 'geheim' },
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
