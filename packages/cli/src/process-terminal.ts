import process from 'node:process';
import { emitKeypressEvents } from 'node:readline';
import type { Terminal, TerminalListener } from './monitor/terminal.ts';

/** Another screen, no cursor, no wrapping at the edge, and pasted text told apart from keys. */
const TAKE = '\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[?2004h\u001b[2J';
const GIVE_BACK = '\u001b[?2026l\u001b[?2004l\u001b[?7h\u001b[0m\u001b[?25h\u001b[?1049l';

const SIGNALS = ['SIGTERM', 'SIGHUP', 'SIGINT'] as const;

/** The terminal that this process was started in; `undefined` where there is none, or it knows no escape sequences. */
export function processTerminal(): Terminal | undefined {
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY || process.env['TERM'] === 'dumb') return undefined;
  let taken: Taken | undefined;
  return {
    get size() {
      // A terminal that does not know its size, such as a serial line, says 0.
      return { columns: stdout.columns || 80, rows: stdout.rows || 24 };
    },
    write: (text) => void stdout.write(text),
    open: (listener) => {
      taken = take(listener);
      return taken.close;
    },
    suspend: () => taken?.suspend(),
  };
}

interface Taken {
  readonly close: () => void;
  readonly suspend: () => void;
}

function take(listener: TerminalListener): Taken {
  const { stdin, stdout } = process;
  const onKey = keyReader(listener);
  const signalled = SIGNALS.map(
    (signal) => [signal, () => listener.ended({ kind: 'signal', signal })] as const,
  );
  const gone = (): void => listener.ended({ kind: 'gone' });
  const resized = (): void => listener.resized();
  let owner: 'monitor' | 'shell' = 'shell';
  const enter = (): void => {
    // Again, also where it is raw: a shell that was in between may have changed it.
    setRaw(false);
    setRaw(true);
    if (owner === 'shell') stdout.write(TAKE);
    owner = 'monitor';
  };
  const leave = (): void => {
    if (owner === 'monitor') stdout.write(GIVE_BACK);
    owner = 'shell';
    setRaw(false);
  };
  const goOn = (): void => {
    enter();
    listener.overwritten();
  };
  emitKeypressEvents(stdin);
  stdin.on('keypress', onKey).on('end', gone).on('error', gone);
  stdout.on('resize', resized).on('error', gone);
  for (const [signal, on] of signalled) process.on(signal, on);
  process.on('SIGCONT', goOn);
  // Whatever else ends the process, before it says why.
  process.on('uncaughtExceptionMonitor', leave);
  enter();
  stdin.resume();
  const close = (): void => {
    process.off('uncaughtExceptionMonitor', leave);
    process.off('SIGCONT', goOn);
    for (const [signal, on] of signalled) process.off(signal, on);
    stdout.off('resize', resized).off('error', gone);
    stdin.off('keypress', onKey).off('end', gone).off('error', gone);
    stdin.pause();
    leave();
  };
  const suspend = (): void => {
    if (process.platform === 'win32') return;
    leave();
    // The whole job, as the terminal itself would have it: npx waits in front of us.
    process.kill(0, 'SIGTSTP');
    // Here again at once where nobody could continue us: then the system does not stop us either.
    goOn();
  };
  return { close, suspend };
}

/** One that is there no more, as after a hang-up, cannot be set any more either. */
function setRaw(isRaw: boolean): void {
  try {
    process.stdin.setRawMode(isRaw);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}

interface Key {
  readonly name?: string;
  readonly ctrl?: boolean;
  readonly shift?: boolean;
  readonly meta?: boolean;
  readonly sequence?: string;
}

const NAMES: Readonly<Record<string, string>> = { return: 'enter' };

/** What is pasted is no command: among it may be a `K` and a `y`. */
function keyReader(listener: TerminalListener): (text: string | undefined, key: Key) => void {
  let isPasting = false;
  return (text, key) => {
    if (key.name === 'paste-start') isPasting = true;
    else if (key.name === 'paste-end') isPasting = false;
    else if (!isPasting) listener.key(nameOf(text, key));
  };
}

function nameOf(
  text: string | undefined,
  { name = '', ctrl = false, shift = false, meta = false }: Key,
): string {
  if (ctrl) return `ctrl-${name}`;
  if (meta && name !== 'escape') return `meta-${name}`;
  if (name === 'tab' && shift) return 'backtab';
  // A letter is itself: "k" is another key than "K".
  if (name.length > 1) return NAMES[name] ?? name;
  return text ?? name;
}
