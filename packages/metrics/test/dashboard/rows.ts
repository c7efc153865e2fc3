import { CALLERS, DURATIONS } from './callers.ts';
import { CONNECTIONS, CONNECTING } from './connections.ts';
import { LEAKS } from './limits.ts';
import { OVERVIEW } from './overview.ts';
import { PROCESS, FLEET } from './processes.ts';
import type { Row } from './panel.ts';

/** What the dashboard shows, from the top. */
export const ROWS: readonly Row[] = [
  { title: 'Is anything wrong?', panels: OVERVIEW },
  { title: 'Connections', panels: CONNECTIONS },
  { title: 'Callers', panels: CALLERS },
  { title: 'How long it takes', panels: DURATIONS },
  { title: 'Leaks and limits', panels: LEAKS },
  { title: 'Connecting', panels: CONNECTING },
  { title: 'The process', panels: PROCESS },
  { title: 'The fleet', panels: FLEET },
];
