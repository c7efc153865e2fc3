export { traceWaits } from './trace-waits.ts';
export type { TraceWaitsOptions } from './trace-waits.ts';
