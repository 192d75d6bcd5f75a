// A program of somebody else's, run as its users run it.
import { spawn, type ChildProcess } from 'node:child_process';

/** A running program and what it has printed so far. */
export class Program {
  output = '';
  private readonly child: ChildProcess;
  private code?: number | null;

  constructor(command: string, args: string[], options: { cwd?: string; env?: Record<string, string>; input?: string } = {}) {
    // The runner asks for colours; what is read here has none.
    const { FORCE_COLOR: _, ...environment } = process.env;
    this.child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...environment, NO_COLOR: '1', PYTHONUNBUFFERED: '1', NODE_NO_WARNINGS: '1', ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      // Its own group: a shell's pipes end with it.
      detached: true,
    });
    this.child.stdin!.on('error', () => {});
    this.child.stdin!.end(options.input ?? '');
    const read = (chunk: Buffer) => { this.output += chunk; };
    this.child.stdout!.on('data', read);
    this.child.stderr!.on('data', read);
    this.child.on('exit', (code) => { this.code = code; });
    this.child.on('error', (error) => { this.output += String(error); this.code = -1; });
  }

  /** Waits until it has printed this. */
  async prints(wanted: string | RegExp, patience = 20_000): Promise<void> {
    const end = Date.now() + patience;
    const there = () => (typeof wanted === 'string' ? this.output.includes(wanted) : wanted.test(this.output));
    while (!there()) {
      if (this.code !== undefined && this.code !== 0) throw new Error(`it ended with ${this.code}:\n${this.output}`);
      if (Date.now() > end) throw new Error(`it did not print ${wanted}:\n${this.output}`);
      await new Promise((ok) => setTimeout(ok, 25));
    }
  }

  /** Waits until it has ended by itself; its exit code. */
  async ended(patience = 20_000): Promise<number | null> {
    const end = Date.now() + patience;
    while (this.code === undefined) {
      if (Date.now() > end) throw new Error(`it did not end:\n${this.output}`);
      await new Promise((ok) => setTimeout(ok, 25));
    }
    return this.code;
  }

  stop(): void {
    if (this.code !== undefined || !this.child.pid) return;
    // It may have ended meanwhile.
    try { process.kill(-this.child.pid, 'SIGKILL'); } catch { /* gone */ }
  }
}
