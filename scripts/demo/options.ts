import { parseArgs } from 'node:util';

export const usage = `usage: npm run demo [-- options]
  --short      a quicker run (about 20 s in place of 30 s)
  --json       the results as JSON on standard output, everything else on standard error
  --seed N     another load`;

export interface Options {
  readonly short: boolean;
  readonly json: boolean;
  readonly seed: number;
  readonly help: boolean;
}

/** What the command line asks for, or what is wrong with it. */
export function readOptions(args: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        short: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        seed: { type: 'string', default: '1' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (!/^\d{1,9}$/.test(values.seed)) return `--seed must be a whole number, got "${values.seed}"`;
    return { ...values, seed: Number(values.seed) };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
