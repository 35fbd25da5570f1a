import { execFile, spawnSync } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { STOP_WORDS, words } from "./english.ts";
import type { Item } from "./types.ts";

export interface SqliteRun {
  /** Milliseconds without those of reading the items. */
  readonly buildMs: number;
  /** Processor time of the same. */
  readonly buildCpuMs: number;
  /** Bytes that the process has grown by. */
  readonly rss: number;
  readonly answers: readonly { readonly ms: number; readonly ids: readonly string[] }[];
}

export const sqliteName = "SQLite FTS5, stop words, Porter, title x2";

/**
 * Searches with the SQLite that Python has: compiled to machine code, which is the fair reference, and on most machines.
 * Undefined if there is none with FTS5.
 * @param warmup how many of the queries are asked once before
 */
export async function runSqlite(
  items: AsyncIterable<readonly Item[]> | Iterable<readonly Item[]>,
  queries: readonly string[],
  count: number,
  warmup: number,
): Promise<SqliteRun | undefined> {
  const probe = "import sqlite3; sqlite3.connect(':memory:').execute('CREATE VIRTUAL TABLE t USING fts5(a)')";
  if (spawnSync("python3", ["-c", probe], { stdio: "ignore" }).status !== 0) return undefined;
  const folder = await mkdtemp(join(tmpdir(), "search-bench-sqlite-"));
  try {
    const file = createWriteStream(join(folder, "items.jsonl"));
    for await (const batch of items) {
      const lines = batch.map(({ id, title, text }) => `${JSON.stringify([id, title, text])}\n`);
      if (!file.write(lines.join(""))) await once(file, "drain");
    }
    file.end();
    await once(file, "close");
    await writeFile(join(folder, "queries"), queries.map((query) => `${expression(query)}\n`).join(""));
    const script = join(import.meta.dirname, "sqlite.py");
    const args = [script, join(folder, "items.jsonl"), join(folder, "queries"), String(count), String(warmup)];
    const { stdout } = await promisify(execFile)("python3", args, { maxBuffer: 1 << 30 });
    const [built = "{}", ...answers] = stdout.trimEnd().split("\n");
    return {
      ...(JSON.parse(built) as Pick<SqliteRun, "buildMs" | "buildCpuMs" | "rss">),
      answers: answers.map((line) => JSON.parse(line) as SqliteRun["answers"][number]),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Any of the words that are no stop words. */
function expression(query: string): string {
  const wanted = new Set(words(query).filter((word) => !STOP_WORDS.has(word)));
  return [...wanted].map((word) => `"${word}"`).join(" OR ");
}
