import { DIRECT } from '../fault-row.ts';
import type { FaultRow } from '../fault-row.ts';

const HOUR_S = 3_600;
const JUMPS = [2, -2, 0];

/** What an application cannot do to itself: faults of the machine and its network. */
export const machineRows: readonly FaultRow[] = [
  {
    id: 'blackhole',
    title: 'all packets lost for 1.5 s, those of new connections too',
    routes: DIRECT,
    needs: 'namespace',
    inject: async (world) => {
      await world.network.cut();
      await world.last(1_500);
    },
    heal: ({ network }) => network.mend(),
  },
  {
    id: 'blackhole-long',
    title: 'all packets lost for longer than any limit, 5 s',
    routes: DIRECT,
    needs: 'namespace',
    inject: async (world) => {
      await world.network.cut();
      await world.last(5_000);
    },
    heal: ({ network }) => network.mend(),
  },
  {
    id: 'clock-jumps',
    title: 'wall clock set two hours ahead, and two hours back',
    routes: DIRECT,
    needs: 'faketime',
    inject: async (world) => {
      const seen: number[] = [];
      for (const hours of JUMPS) {
        await world.clock.set(hours * HOUR_S);
        await world.last(300);
        seen.push(Math.round((await world.application.ask('clockShift')) / 1_000 / HOUR_S));
      }
      world.notes['hours seen'] = seen.join(', ');
    },
    judge: ({ errors, notes }) => [
      ...Object.keys(errors).map((code) => `a caller saw ${code}`),
      ...(notes['hours seen'] === JUMPS.join(', ')
        ? []
        : [`the clock has not jumped: ${notes['hours seen']}`]),
    ],
  },
];
