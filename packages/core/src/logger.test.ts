import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { processWarningLogger } from './logger.ts';

describe('the logger that is used when none is given', () => {
  it.each([
    [
      'warn',
      { code: 'LG_LEAK_SUSPECTED' },
      'LG_LEAK_SUSPECTED: held\n  fix  this',
      'LG_LEAK_SUSPECTED',
      'held',
      '  fix  this',
    ],
    ['error', { event: 'acquire' }, 'a listener failed', 'LG_WARNING', 'a listener failed', ''],
    ['warn', { code: 7 }, '', 'LG_WARNING', '', ''],
  ] as const)('says a %s as a warning of the process', async (level, fields, text, code, message, detail) => {
    const warned = once(process, 'warning');
    processWarningLogger[level](fields, text);
    const [warning] = (await warned) as [Error];
    expect(warning).toMatchObject({ name: 'LifeguardWarning', code, message, detail });
  });
});
