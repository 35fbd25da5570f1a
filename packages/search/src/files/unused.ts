import { lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

const UNUSED_MS = 90 * 24 * 3_600_000;
/** Removed in one go; the rest next time. */
const MAX_REMOVED = 20;
/** As `stateFolder` names them. */
const INDEX = /^[0-9a-f]{16}$/;

/**
 * Removes the folders of indexes that nobody has opened or changed for 90 days: those of roots and options that are used no
 * more. A process that still has one open notices, and makes it again. Never rejects: what cannot be removed stays.
 * @param now milliseconds since the epoch
 */
export async function removeUnused(parent: string, now: number): Promise<void> {
  let removed = 0;
  for (const name of await readdir(parent).catch(() => [])) {
    if (!INDEX.test(name)) continue;
    const folder = join(parent, name);
    const stat = await lstat(folder).catch(() => undefined);
    if (!stat?.isDirectory() || now - stat.mtimeMs <= UNUSED_MS) continue;
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    if (++removed >= MAX_REMOVED) return;
  }
}
