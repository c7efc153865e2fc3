/** Looks again and again until `condition` holds. */
export async function until(what: string, condition: () => boolean, limitMs = 5_000): Promise<void> {
  for (const giveUpAt = Date.now() + limitMs; !condition(); await nextTurn()) {
    if (Date.now() > giveUpAt) throw new Error(`not within ${limitMs} ms: ${what}`);
  }
}

/** One turn of the event loop, with a little time for others. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 5);
  });
}
