/** What is planned for one block of a random program, however it is begun. */
export interface PlannedBlock {
  readonly name: string;
  readonly children: readonly PlannedBlock[];
  /** All at once, or one after the other. */
  readonly parallel: boolean;
  readonly fails: boolean;
  /** Whether it goes on when a child fails. */
  readonly catches: boolean;
}

/** A child has failed: what its block does with the error. */
export function rethrow(block: PlannedBlock, error: Error): void {
  if (!block.catches) throw error;
}

/** What the block leaves behind; `undefined` when it fails. */
export function written(block: PlannedBlock): string[] | undefined {
  const own = [`${block.name}<`, `${block.name}>`];
  for (const child of block.children) {
    const inner = written(child);
    if (inner === undefined && !block.catches) return undefined;
    own.push(...(inner ?? []));
  }
  return block.fails ? undefined : own;
}
