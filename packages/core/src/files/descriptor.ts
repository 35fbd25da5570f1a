import type { BigIntStats } from "node:fs";
import { readlink, realpath, stat } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { FileAccessError, systemCode } from "./error.ts";

/**
 * The path of an open descriptor, as the operating system knows it now: the one answer that no swap of a link or a
 * folder between a check and the opening can falsify.
 *
 * @param asked the path that was opened, real when it was looked up
 * @throws FileAccessError `changed` if what was opened is no longer to be found under a name
 */
export async function descriptorPath(handle: FileHandle, opened: BigIntStats, asked: string): Promise<string> {
  if (process.platform === "linux") {
    try {
      const path = await readlink(`/proc/self/fd/${handle.fd}`);
      // Replaced since it was opened, which is as good as a moment earlier.
      if (path === `${asked} (deleted)`) return asked;
      if (opened.nlink === 0n) throw new FileAccessError("changed");
      return path;
    } catch (error) {
      // Without /proc there is still the comparison below.
      if (systemCode(error) !== "ENOENT") throw error;
    }
  }
  return pathByIdentity(opened, asked);
}

/**
 * The same where the system does not tell: the name leads, before and after, to one real path, and the file under it is
 * the opened one. A swap would have to come and go three times between four calls to pass.
 */
export async function pathByIdentity(opened: BigIntStats, asked: string): Promise<string> {
  const before = await realpath(asked);
  const found = await stat(before, { bigint: true });
  const after = await realpath(asked);
  if (before !== after || found.dev !== opened.dev || found.ino !== opened.ino) throw new FileAccessError("changed");
  return before;
}
