import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ManualClock } from '@lifeguard/core/testing';
import { Session } from '@lifeguard/core';
import { describe, expect, test } from 'vitest';
import { readServerSettings } from './server-settings.ts';
import { TRANSACTION_LIMITS, TransactionLimits } from './transaction-limits.ts';

const NAME = /^[a-z_][a-z0-9_]{0,62}(\.[a-z_][a-z0-9_]{0,62})?$/;
/** All that we ever set on the server. Nothing that decides who one is, what one sees, or how the server works. */
const ALLOWED = [...TRANSACTION_LIMITS, 'client_connection_check_interval'];

describe('security rule 5: session settings', () => {
  test('are few, known by name, and set to numbers', async () => {
    const limits = new TransactionLimits();
    limits.learn({
      statement_timeout: 0,
      idle_in_transaction_session_timeout: 0,
      transaction_timeout: 90_000_000,
    });
    const session = new Session({ timeoutMs: 5_000, clock: new ManualClock() }, undefined);
    const sent = limits.settingsFor(session).split('; ');
    session.end();
    expect(sent).toHaveLength(4);
    const set = sent.map((statement) => /^set local (\w+) = (\d+)$/.exec(statement)?.[1]);
    await readServerSettings(
      async (sql) => {
        for (const [, name, value] of sql.matchAll(/set_config\('([^']*)', '([^']*)', (?:true|false)\)/g)) {
          set.push(name);
          expect(value).toMatch(/^\d+$/);
        }
        return { rows: [{}] };
      },
      7,
      { limits: true, connectionCheckMs: 1_000 },
    );
    expect(new Set(set)).toEqual(new Set(ALLOWED));
    for (const name of ALLOWED) expect(name).toMatch(NAME);
  });

  test('are set in one place each: no other source makes such a statement, or command line options', () => {
    const directory = import.meta.dirname;
    const sources = readdirSync(directory).filter((file) => file.endsWith('.ts') && !file.includes('.test'));
    const setting = sources.filter((file) =>
      /`set (?:local |session )?\$\{|set_config\('|\boptions: [`'"]-c/i.test(
        withoutComments(readFileSync(join(directory, file), 'utf8')),
      ),
    );
    expect(setting.sort()).toEqual(['server-settings.ts', 'transaction-limits.ts']);
  });
});

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
}
