export { FakeConnection, FakeConnector } from './fake-connector.ts';
export type { FakeOutcome } from './fake-connector.ts';
export { ManualClock, settle } from './manual-clock.ts';
