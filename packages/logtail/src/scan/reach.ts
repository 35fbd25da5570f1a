import type { ByteSource } from "./bytes.ts";
import type { Control } from "./control.ts";
import type { Part } from "./types.ts";

/** What lies before a compressed part may take so many times as long as the part itself. */
export const REACH_FACTOR = 10;
/** Bytes of a compressed part that are looked at before its time can be over, or each page would only inflate what was before. */
export const MIN_NEW_BYTES = 1_048_576;

const STEP = 1_048_576;

/**
 * Inflates a compressed file up to the start of a part, and begins the time of the scan anew there.
 * @returns false when that took more than `REACH_FACTOR` times the time of the scan, or the scan is to stop
 */
export async function reach(source: ByteSource, { compressed, from }: Part, control: Control): Promise<boolean> {
  if (!compressed || from === 0) return true;
  const byte = Buffer.alloc(1);
  for (let position = 0; position < from; position += STEP) {
    if ((await source.read(byte, Math.min(from - 1, position))) === 0) break;
    if (control.aborted || control.elapsed >= REACH_FACTOR * control.ms) return false;
  }
  control.restart();
  return true;
}

/** The most time that a scan may take, in milliseconds. */
export function wholeMs({ compressed, from }: Part, ms: number): number {
  return compressed && from > 0 ? ms * (REACH_FACTOR + 1) : ms;
}
