import type { Agenda } from './agenda.ts';

/** One thing that may happen next. */
export interface Choice {
  readonly what: string;
  readonly run: () => void;
  /** What may happen in its place. */
  readonly fail?: () => void;
}

/** An agenda without time: whatever is on it may happen next. */
export class ChoiceAgenda implements Agenda {
  readonly choices: Choice[] = [];

  arrive(what: string, _delayMs: number, run: () => void, fail?: () => void): void {
    this.choices.push(fail === undefined ? { what, run } : { what, run, fail });
  }

  wake(what: string, _delayMs: number, run: () => void): void {
    this.choices.push({ what, run });
  }

  take(choice: Choice): void {
    this.choices.splice(this.choices.indexOf(choice), 1);
  }
}
