/** Why nothing was created: the call makes no sense, or what is there already would be overwritten. */
export type CreateProblem = 'usage' | 'refused';

/** Nothing was created. `fix` says what to do instead. */
export class CreateError extends Error {
  readonly problem: CreateProblem;
  readonly fix: string;

  constructor(problem: CreateProblem, message: string, fix: string) {
    super(message);
    this.name = 'CreateError';
    this.problem = problem;
    this.fix = fix;
  }
}
