import { compareOrder } from "./rotation.ts";
import type { Listed, ListedRotated } from "./source.ts";

/** Fewer numbered files than this do not show which of their numbers is the newest. */
const ENOUGH = 3;
/** Between the changes of the first and the last of them, in milliseconds: what was copied in a moment shows nothing either. */
const SPAN_MS = 1000;

/**
 * The rotated files of one log, oldest first: by their names where these say so, else by their last change. Numbers count with
 * age, as those of logrotate, unless the times of three files or more say that they count with time, as those of log4j do.
 */
export function byAge(rotated: readonly ListedRotated[], live: Listed | undefined): ListedRotated[] {
  const direction = rising(rotated, live) >= ENOUGH ? 1 : -1;
  return rotated.toSorted((a, b) => {
    const { kind, order } = a.rotated;
    if (kind === b.rotated.kind) {
      const difference = compareOrder(order, b.rotated.order);
      if (difference !== 0 && kind !== "word") return kind === "number" ? direction * difference : difference;
    }
    return a.mtimeMs - b.mtimeMs;
  });
}

/** Whether the times speak against the order by the names, and of too few files to believe them. */
export function isDoubtful(rotated: readonly ListedRotated[], live: Listed | undefined): boolean {
  const count = rising(rotated, live);
  return count > 0 && count < ENOUGH;
}

/** How many numbered files there are, if their times rise with their numbers up to the log itself; else 0. */
function rising(rotated: readonly ListedRotated[], live: Listed | undefined): number {
  const numbered = rotated
    .filter((one) => one.rotated.kind === "number" && one.size > 0)
    .toSorted((a, b) => compareOrder(a.rotated.order, b.rotated.order) || a.mtimeMs - b.mtimeMs)
    // A file is there twice while it is compressed.
    .filter((one, at, row) => at === 0 || compareOrder(row[at - 1]?.rotated.order ?? [], one.rotated.order) !== 0);
  const [first, last] = [numbered[0], numbered.at(-1)];
  if (!first || !last || last.mtimeMs - first.mtimeMs < SPAN_MS) return 0;
  // Copied by their names, the log itself first, they have the times of copying.
  if (live && live.mtimeMs + SPAN_MS < last.mtimeMs) return 0;
  const rises = numbered.every((one, at) => at === 0 || one.mtimeMs >= (numbered[at - 1]?.mtimeMs ?? 0));
  return rises ? numbered.length : 0;
}
