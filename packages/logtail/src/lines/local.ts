import { statfs } from "node:fs/promises";
import type { OpenFile } from "@plugboard/core/files";

/** Types of file systems that answer from this machine, by their numbers in Linux's `statfs(2)`. */
const LOCAL: ReadonlySet<number> = new Set([
  0xef53, // ext2, ext3, ext4
  0x5846_5342, // XFS
  0x9123_683e, // Btrfs
  0x0102_1994, // tmpfs
  0x794c_7630, // overlay
  0x2fc1_2fc1, // ZFS
  0xf2f5_2010, // F2FS
]);

/**
 * Whether a path lies in a file system that is known to answer at once. One over a network or in another process can keep its
 * caller waiting for ever: there nothing may be asked synchronously.
 */
export async function isLocal(path: string): Promise<boolean> {
  if (process.platform !== "linux") return false;
  return statfs(path).then(
    ({ type }) => LOCAL.has(type),
    () => false,
  );
}

const known = new WeakMap<OpenFile, boolean>();

/** The same of an open file, under whatever name it is now. Asked once. */
export function isLocalFile(file: OpenFile): boolean | Promise<boolean> {
  return known.get(file) ?? ask(file);
}

async function ask(file: OpenFile): Promise<boolean> {
  const found = await isLocal(`/proc/self/fd/${file.handle.fd}`);
  known.set(file, found);
  return found;
}
