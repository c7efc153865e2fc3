import { parseArgs } from 'node:util';

export const usage = `usage: npm run bench [-- options]
  --only NAME      one suite (may be given several times)
  --short          fewer rounds: a few minutes in place of half an hour
  --minutes N      length of the soak (10; with --short 1)
  --json FILE      all samples, tables and targets as JSON
  --write          puts the tables into docs/performance.md`;

export interface Options {
  readonly only: readonly string[];
  readonly short: boolean;
  readonly minutes: number;
  readonly json: string | undefined;
  readonly write: boolean;
  readonly help: boolean;
}

/** What the command line asks for, or what is wrong with it. */
export function readOptions(args: readonly string[], suites: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        only: { type: 'string', multiple: true, default: [] },
        short: { type: 'boolean', default: false },
        minutes: { type: 'string' },
        json: { type: 'string' },
        write: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const unknown = values.only.find((name) => !suites.includes(name));
    if (unknown !== undefined) return `there is no suite "${unknown}" (there are ${suites.join(', ')})`;
    const minutes = Number(values.minutes ?? (values.short ? 1 : 10));
    if (!(minutes > 0 && minutes <= 600))
      return `--minutes must be between 0 and 600, got "${values.minutes}"`;
    return { ...values, json: values.json, minutes };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
