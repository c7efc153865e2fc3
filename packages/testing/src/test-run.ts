/** One test, from before its first hook until after its last one. */
export class TestRun {
  /** Its own name behind those of the groups and tests that it is in, with ` > ` between them. Empty where it is not known. */
  readonly name: string;
  state: 'running' | 'ended' = 'running';
  /** What it leaks is meant; see {@link allowLeaks}. */
  leaks: 'refused' | 'allowed' = 'refused';

  /** How many acquires had been called in this process when it began. */
  readonly acquiresBefore: number;

  constructor(name: string, acquiresBefore = 0) {
    this.name = name;
    this.acquiresBefore = acquiresBefore;
  }

  /** Whether `other` is a test inside this one. */
  contains(other: TestRun): boolean {
    return other.name.startsWith(`${this.name} > `);
  }
}

const NONE: readonly TestRun[] = Object.freeze([]);

/** The tests that run now. */
export class TestRuns {
  readonly #running = new Set<TestRun>();
  #asking: () => TestRun | undefined = () => undefined;

  /** Has `asking` tell whose code runs, where the test runner knows; it answers `undefined` where that is not known. */
  tellBy(asking: () => TestRun | undefined): void {
    this.#asking = asking;
  }

  begin(name: string, acquiresBefore: number): TestRun {
    const run = new TestRun(name, acquiresBefore);
    this.#running.add(run);
    return run;
  }

  end(run: TestRun): void {
    run.state = 'ended';
    this.#running.delete(run);
  }

  /**
   * Whose code may run now. One test, unless several run at the same time and nothing tells them apart; none, where none runs:
   * what `beforeAll` does is no test's.
   */
  current(): readonly TestRun[] {
    const known = this.#asking();
    if (known !== undefined) return [known];
    if (this.#running.size === 0) return NONE;
    const running = [...this.#running];
    // While a test inside another one runs, the outer one waits.
    return running.filter((run) => !running.some((other) => run.contains(other)));
  }
}
