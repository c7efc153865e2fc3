const TICK_MS = 5;

/** How long the event loop stood still, at most. */
export class LoopWatch {
  longestStallMs = 0;

  constructor() {
    let last = performance.now();
    setInterval(() => {
      const at = performance.now();
      this.longestStallMs = Math.max(this.longestStallMs, at - last - TICK_MS);
      last = at;
    }, TICK_MS).unref();
  }

  clear(): void {
    this.longestStallMs = 0;
  }
}
