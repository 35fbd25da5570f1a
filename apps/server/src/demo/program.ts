import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The built program. */
export const MAIN = fileURLToPath(new URL("./main.js", import.meta.url));

/** The composed server in a process of its own, over HTTP. */
export interface RunningServer {
  readonly url: URL;
  /** Tells it to stop, and resolves to its exit code; null where a signal ended it. */
  stop(): Promise<number | null>;
}

/**
 * Starts the server, and waits until it listens.
 * @throws Error with what it said, where it does not
 */
export async function startServer(
  args: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<RunningServer> {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd, env, stdio: ["ignore", "ignore", "pipe"] });
  const exit = new Promise<number | null>((resolve) => child.once("close", resolve));
  const stop = (): Promise<number | null> => {
    child.kill("SIGTERM");
    return exit;
  };
  let said = "";
  const url = await new Promise<URL>((resolve, reject) => {
    const read = (text: string): void => {
      said += text;
      const found = /listens on (\S+)/.exec(said)?.[1];
      if (found === undefined) return;
      // What it says from now on is for nobody, and must not fill the pipe.
      child.stderr.off("data", read).resume();
      resolve(new URL(found));
    };
    child.stderr.setEncoding("utf8").on("data", read);
    child.once("error", reject);
    child.once("close", () => reject(new Error(`the server did not start: ${said}`)));
  });
  return { url, stop };
}
