/** A rule that does not hold. */
export class Violation extends Error {
  readonly rule: string;

  constructor(rule: string, what: string) {
    super(`${rule}: ${what}`);
    this.rule = rule;
  }
}

/** Keeps the first violation: many are found deep inside the pool's own calls, which catch what a connector throws. */
export class Judge {
  #first: Violation | undefined;

  broken(rule: string, what: string): void {
    this.#first ??= new Violation(rule, what);
  }

  expect(holds: boolean, rule: string, what: () => string): void {
    if (!holds) this.broken(rule, what());
  }

  /** Throws the violation, if there was one. */
  verdict(): void {
    if (this.#first !== undefined) throw this.#first;
  }
}
