import { EventEmitter } from 'node:events';

/** As much of `pg.Client` as the pools look at. It has no socket. */
export class FakeClient extends EventEmitter {
  readonly _queryable = true;
  readonly _ending = false;
  connect(callback: (error?: Error) => void): void {
    setImmediate(callback);
  }
  query(): Promise<unknown> {
    return Promise.resolve({ rows: [] });
  }
  end(callback: () => void): void {
    setImmediate(callback);
  }
}
