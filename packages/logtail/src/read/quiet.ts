import type { OpenFile } from "@plugboard/core/files";
import { statOf } from "../lines/bytes.ts";

/** How long a file has to be quiet until its last line is given without a line end, in milliseconds. */
export const QUIET_MS = 500;
/** How long a file that was rotated away is still looked at for a writer that has not noticed, in milliseconds. */
export const LINGER_MS = 600_000;
/** How long a compressed file has to be quiet until it is taken for whole, in milliseconds. */
const WRITTEN_MS = 10_000;

/** Whether a file has not changed for so many milliseconds. */
export async function isQuiet(file: OpenFile, ms: number = QUIET_MS): Promise<boolean> {
  return Date.now() - (await statOf(file)).mtimeMs >= ms;
}

/** Whether a compressed file that ends early may still be written. */
export async function isYoung(file: OpenFile): Promise<boolean> {
  return !(await isQuiet(file, WRITTEN_MS));
}
