/** Runs what is ours in the middle of somebody else's call: it must not throw there, whatever happens. */
export class Containment {
  readonly #report: (error: unknown) => void;
  #hasFailed = false;

  /** `report` is called with the first failure only: what fails once fails at each call. */
  constructor(report: (error: unknown) => void) {
    this.#report = report;
  }

  /** What `work` returns; `undefined` when it failed. */
  run<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (this.#hasFailed) return undefined;
      this.#hasFailed = true;
      this.#report(error);
      return undefined;
    }
  }
}
