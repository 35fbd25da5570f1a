import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { STATE_VARIABLE } from "../src/config/settings.ts";

export const fixtures = join(import.meta.dirname, "fixtures");
export const mainFile = join(import.meta.dirname, "..", "dist", "main.js");

/** The environment of a child: ours without what would configure the server, but for the folder of what it keeps. */
export function cleanEnv(more: Record<string, string> = {}): Record<string, string> {
  const own = Object.entries(process.env).filter(
    ([name, value]) => value !== undefined && (name === STATE_VARIABLE || !name.startsWith("PLUGBOARD_")),
  );
  return { ...(Object.fromEntries(own) as Record<string, string>), ...more };
}

/** The built program in a process of its own. */
export class Program implements AsyncDisposable {
  readonly child: ChildProcessWithoutNullStreams;
  stdout = "";
  stderr = "";
  /** Those that wait for the next words, or the end. */
  readonly #waiting: (() => void)[] = [];
  #ended = false;
  readonly #exit: Promise<number | string>;

  constructor(args: readonly string[], options: { cwd?: string; env?: Record<string, string> } = {}) {
    if (!existsSync(mainFile)) throw new Error("apps/server is not built: run `pnpm build` first.");
    this.child = spawn(process.execPath, [mainFile, ...args], {
      cwd: options.cwd ?? fixtures,
      env: cleanEnv(options.env),
    });
    this.child.stdin.on("error", () => undefined);
    for (const name of ["stdout", "stderr"] as const)
      this.child[name].setEncoding("utf8").on("data", (text: string) => {
        this[name] += text;
        this.#wake();
      });
    this.#exit = new Promise((resolve) =>
      this.child.once("close", (code, signal) => {
        this.#ended = true;
        this.#wake();
        resolve(code ?? signal ?? "?");
      }),
    );
  }

  /** The exit code, or the signal that ended it. */
  exit(): Promise<number | string> {
    return this.#exit;
  }

  /** Resolves with the first match of what it writes to stderr or stdout. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.stderr) ?? pattern.exec(this.stdout);
      if (found) return found;
      if (this.#ended) throw new Error(`It ended without saying ${pattern}:\n${this.stderr}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #wake(): void {
    for (const resume of this.#waiting.splice(0)) resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGKILL");
    await this.exit();
  }
}

/** Runs the program to its end. */
export async function runProgram(
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
) {
  await using program = new Program(args, options);
  program.child.stdin.end();
  const code = await program.exit();
  return { code, stdout: program.stdout, stderr: program.stderr };
}
