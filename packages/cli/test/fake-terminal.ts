import type { Terminal, TerminalListener } from '../src/monitor/terminal.ts';
import { ScreenEmulator } from './screen-emulator.ts';

/** A terminal whose keys are pressed by a test, and whose screen can be read. */
export class FakeTerminal implements Terminal {
  readonly screen: ScreenEmulator;
  readonly writes: string[] = [];
  #size: { readonly columns: number; readonly rows: number };
  #listener: TerminalListener | undefined;
  suspended = 0;

  constructor(columns = 100, rows = 20) {
    this.#size = { columns, rows };
    this.screen = new ScreenEmulator(columns, rows);
  }

  get size(): { readonly columns: number; readonly rows: number } {
    return this.#size;
  }

  /** Whether the screen is taken. */
  get isOpen(): boolean {
    return this.#listener !== undefined;
  }

  write(text: string): void {
    if (this.#listener === undefined) throw new Error('written to a screen that is not taken');
    this.writes.push(text);
    this.screen.write(text);
  }

  open(listener: TerminalListener): () => void {
    this.#listener = listener;
    return () => {
      this.#listener = undefined;
    };
  }

  suspend(): void {
    this.suspended += 1;
  }

  press(...keys: readonly string[]): void {
    for (const key of keys) this.#told().key(key);
  }

  resize(columns: number, rows: number): void {
    this.#size = { columns, rows };
    this.screen.resize(columns, rows);
    this.#told().resized();
  }

  /** Somebody else has written to it. */
  overwrite(): void {
    this.screen.resize(this.#size.columns, this.#size.rows);
    this.#told().overwritten();
  }

  end(end: Parameters<TerminalListener['ended']>[0]): void {
    this.#told().ended(end);
  }

  #told(): TerminalListener {
    if (this.#listener === undefined) throw new Error('nobody listens to this terminal');
    return this.#listener;
  }
}
