import { mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";

const MAX_DEPTH = 100;

/**
 * Makes a folder, and those above it that are missing, for its owner alone. One at a time: Node's own way never ends where the
 * system says that a folder is missing, and that it cannot be made (`/proc`).
 * @throws what the system says
 */
export async function makeFolder(path: string): Promise<void> {
  const missing: string[] = [];
  for (let next = resolve(path); missing.length < MAX_DEPTH; next = dirname(next)) {
    const reason = await make(next);
    if (reason === undefined) break;
    if (reason.code !== "ENOENT" || dirname(next) === next) throw reason;
    missing.push(next);
  }
  for (const next of missing.toReversed()) {
    const reason = await make(next);
    if (reason) throw reason;
  }
}

/** What is wrong; nothing, if the folder is there. */
async function make(path: string): Promise<NodeJS.ErrnoException | undefined> {
  try {
    await mkdir(path, { mode: 0o700 });
    return undefined;
  } catch (error) {
    const reason = error as NodeJS.ErrnoException;
    return reason.code === "EEXIST" ? undefined : reason;
  }
}
