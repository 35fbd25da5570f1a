import { basename, dirname, join } from "node:path";
import { compareOrder, shapeOf } from "./rotation.ts";
import type { Listed, ListedRotated } from "./source.ts";

/**
 * Sorts the rotated files of one log, oldest first: by their names where these say so, else by their last change. In each
 * folder, names of one shape count either with age, as those of logrotate, or with time, as those of log4j may.
 */
export function byAge(rotated: readonly ListedRotated[], live: Listed | undefined): ListedRotated[] {
  const groups = new Map<string, ListedRotated[]>();
  for (const one of rotated.filter(({ rotated: { kind } }) => kind === "number")) {
    const group = groups.get(groupOf(one));
    if (group) group.push(one);
    else groups.set(groupOf(one), [one]);
  }
  const rising = new Set([...groups].filter(([, group]) => isRising(group, live)).map(([name]) => name));
  const compare = (a: ListedRotated, b: ListedRotated): number => {
    const { kind, order } = a.rotated;
    const difference = kind === b.rotated.kind ? compareOrder(order, b.rotated.order) : 0;
    if (difference === 0) return a.mtimeMs - b.mtimeMs;
    if (kind === "date") return difference;
    const [up, other] = [groupOf(a), groupOf(b)];
    if (up !== other && (rising.has(up) || rising.has(other))) return a.mtimeMs - b.mtimeMs;
    return rising.has(up) ? difference : -difference;
  };
  return rotated.toSorted(compare);
}

function groupOf({ path }: Listed): string {
  return join(dirname(path), shapeOf(basename(path)));
}

/**
 * Whether the highest number is the newest: where most files are younger than the one with the next lower number. Where that
 * is not plain they fall, as nearly everywhere.
 */
function isRising(group: readonly ListedRotated[], live: Listed | undefined): boolean {
  // Copied by their names, the log itself first, they have the times of copying.
  if (live && group.every(({ mtimeMs }) => live.mtimeMs < mtimeMs)) return false;
  const files = group.filter(({ size }) => size > 0).toSorted((a, b) => compareOrder(a.rotated.order, b.rotated.order));
  let votes = 0;
  for (const [index, high] of files.entries()) {
    const low = files[index - 1];
    if (!low || low.mtimeMs === high.mtimeMs) continue;
    votes += isYounger(high, low) ? 1 : -1;
  }
  return votes > 0;
}

/** What is compressed already is the older; and what a slow writer adds to does not become younger by it. */
function isYounger(a: ListedRotated, b: ListedRotated): boolean {
  if (a.mtimeMs < b.mtimeMs) return false;
  const [packed, other] = [a, b].map(({ rotated }) => rotated.compression !== undefined);
  return packed === other ? a.bornMs >= b.bornMs : other === true;
}
