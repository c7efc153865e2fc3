/**
 * Takes one sample of each case a round, in another order each time, so that whatever else the machine does meets all of
 * them alike. Samples of one round have the same index.
 */
export async function inRounds<Case extends string, Sample>(
  cases: readonly Case[],
  rounds: number,
  take: (name: Case, round: number) => Promise<Sample>,
): Promise<ReadonlyMap<Case, readonly Sample[]>> {
  const samples = new Map<Case, Sample[]>(cases.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const name of shuffled(cases)) samples.get(name)?.push(await take(name, round));
  }
  return samples;
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}
