import { type ChildProcess, spawn } from 'node:child_process';
import process from 'node:process';
import { outsideEnv } from './outside-env.ts';

/** Leaders of groups that may still have somebody in them. */
const leaders = new Set<number>();
process.on('exit', () => {
  for (const pid of leaders) signalGroup(pid, 'SIGKILL');
});

/** A program, and whatever it starts: npm starts a shell, that starts node, and a signal to the first reaches none of the others. */
export class ProcessGroup {
  readonly child: ChildProcess;
  /** All that was written in it so far. */
  output = '';

  constructor(
    command: string,
    args: readonly string[],
    { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
  ) {
    const stdio = ['ignore', 'pipe', 'pipe'] as const;
    this.child = spawn(command, args, { cwd, env: outsideEnv(env), stdio: [...stdio], detached: true });
    if (this.child.pid !== undefined) leaders.add(this.child.pid);
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
  }

  /** Whether somebody is in it. */
  get isAlive(): boolean {
    return this.child.pid !== undefined && signalGroup(this.child.pid, 0);
  }

  /** Ends all who are in it. */
  kill(): void {
    if (this.child.pid === undefined) return;
    signalGroup(this.child.pid, 'SIGKILL');
    leaders.delete(this.child.pid);
  }
}

/** False when nobody is there. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}
