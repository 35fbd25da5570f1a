import { lstatSync } from "node:fs";
import { stat } from "node:fs/promises";

/** What one look at a path shows: which file it is, and by its size and time whether it was written to. */
export interface Glance {
  readonly dev: number;
  readonly ino: number;
  readonly size: number;
  readonly mtimeMs: number;
}

/** Of a path where there is nothing. */
export const ABSENT: Glance = { dev: 0, ino: 0, size: 0, mtimeMs: 0 };

/** Looks at a path without waiting, in a tenth of the time; only where `isLocal`. Undefined of a symbolic link, which may lead elsewhere. */
export function glanceNow(path: string): Glance | undefined {
  try {
    const found = lstatSync(path, { throwIfNoEntry: false });
    return found?.isSymbolicLink() ? undefined : (found ?? ABSENT);
  } catch {
    return ABSENT;
  }
}

/** Looks at a path. */
export async function glance(path: string): Promise<Glance> {
  return stat(path).catch(() => ABSENT);
}

export function isSameFile(one: Glance, other: Glance): boolean {
  return one.ino === other.ino && one.dev === other.dev;
}

/** Whether nothing has changed between two looks. */
export function isSame(one: Glance, other: Glance): boolean {
  return isSameFile(one, other) && one.size === other.size && one.mtimeMs === other.mtimeMs;
}
