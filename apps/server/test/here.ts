import { resolve } from "node:path";
import { run } from "../src/run.ts";
import { STATE_VARIABLE } from "../src/config/settings.ts";

/** What a command printed, and its exit code. */
interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command to its end in this process, as the program would in a folder, without a terminal. What the command changes
 * in its process (folder, console, handlers) is put back. For what a process of its own proves, there is `runProgram`.
 */
export async function runHere(
  args: readonly string[],
  { cwd = ".", env = {} }: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Ran> {
  const before = { cwd: process.cwd(), env: process.env, console: { ...console } };
  const handlers = listeners();
  let [stdout, stderr] = ["", ""];
  const clean = Object.entries(process.env).filter(
    ([name]) => name === STATE_VARIABLE || !name.startsWith("PLUGBOARD_"),
  );
  process.env = { ...Object.fromEntries(clean), ...env };
  process.chdir(resolve(cwd));
  try {
    const output = { out: (text: string) => void (stdout += text), err: (text: string) => void (stderr += text) };
    return { code: await run(args, output), stdout, stderr };
  } finally {
    process.chdir(before.cwd);
    process.env = before.env;
    Object.assign(console, before.console);
    for (const [emitter, event, handler] of listeners())
      if (!handlers.some(([, , known]) => known === handler)) emitter.removeListener(event, handler);
  }
}

type Handler = (...args: unknown[]) => void;

/** The handlers that commands add to, with where they are. */
function listeners(): [NodeJS.EventEmitter, string, Handler][] {
  const places: [NodeJS.EventEmitter, string][] = [
    [process, "unhandledRejection"],
    [process.stderr, "error"],
  ];
  return places.flatMap(([emitter, event]) =>
    emitter
      .rawListeners(event)
      .map((handler): [NodeJS.EventEmitter, string, Handler] => [emitter, event, handler as Handler]),
  );
}
