import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openRoots } from "@plugboard/core/files";
import { source } from "../../src/files/source.ts";
import type { Source } from "../../src/files/source.ts";

/** A temporary folder that is removed at the end of its block. */
export async function folder(): Promise<{ path: string; at(name: string): string } & AsyncDisposable> {
  const path = await realpath(await mkdtemp(join(tmpdir(), "logtail-")));
  return {
    path,
    at: (name) => join(path, name),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

/** A fresh source of the logs in a folder, as a process that has just started would make it. */
export async function logs(path: string, ...patterns: string[]): Promise<Source> {
  return source({ roots: await openRoots([path]), patterns: [patterns.length > 0 ? patterns : ["*.log"]] });
}
