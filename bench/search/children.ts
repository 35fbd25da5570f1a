import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Measured } from "./child.ts";

const run = promisify(execFile);
/** Peers need more than Node's default for a large index. */
const HEAP_MB = 8192;

/**
 * Measures an engine in a process of its own, which ends with the signal. Undefined, with a line on stderr, if it fails.
 */
export async function runChild(
  name: string,
  corpus: string,
  queries: string,
  folder: string,
  signal: AbortSignal,
): Promise<Measured | undefined> {
  const ask = async (what: string): Promise<unknown> => {
    const args = ["--import", "tsx", `--max-old-space-size=${HEAP_MB}`, join(import.meta.dirname, "child.ts")];
    const { stdout } = await run(process.execPath, [...args, what, corpus, queries, folder], {
      maxBuffer: 1 << 26,
      signal,
    });
    return JSON.parse(stdout.slice(stdout.lastIndexOf("\n", stdout.length - 2) + 1));
  };
  try {
    const measured = (await ask(name)) as Measured;
    if (name !== "plugboard") return measured;
    const opened = (await ask("open")) as Record<string, number>;
    return { ...measured, extra: { ...measured.extra, ...opened } };
  } catch (error) {
    const lines = String((error as { stderr?: string }).stderr ?? error).split("\n");
    const reason = lines.find((line) => /Error/.test(line)) ?? lines[0] ?? "";
    console.error(`${name} is left out: ${reason}`);
    return undefined;
  }
}
