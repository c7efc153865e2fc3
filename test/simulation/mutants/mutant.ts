/** A bug that other pools had, planted into a copy of the core: the simulator must find it. */
export interface Mutant {
  readonly id: string;
  /** The bug, in a sentence. */
  readonly bug: string;
  /** File of `packages/core/src`. */
  readonly file: string;
  /** Occurs there exactly once. */
  readonly find: string;
  readonly replace: string;
  /** Who had this bug, or one of its kind. */
  readonly seenIn: string;
  /** The rule of ARCHITECTURE.md ("What must always hold") that it breaks. */
  readonly breaks: number;
}

/** The text with the bug in it. Throws when the place is not there, or not the only one: the core has moved on. */
export function plant({ id, file, find, replace }: Mutant, text: string): string {
  const places = text.split(find).length - 1;
  if (places !== 1) throw new Error(`mutant ${id}: ${places} places in ${file} read ${JSON.stringify(find)}`);
  const planted = text.split(find).join(replace);
  if (planted === text) throw new Error(`mutant ${id} changes nothing`);
  return planted;
}
