import { compareOrder } from "./rotation.ts";
import type { ListedRotated } from "./source.ts";

/** Sorts the rotated files of one log, oldest first: by their names where these say so, else by their last change. */
export function byAge(a: ListedRotated, b: ListedRotated): number {
  const { kind, order } = a.rotated;
  if (kind === b.rotated.kind) {
    const difference = compareOrder(order, b.rotated.order);
    if (difference !== 0 && kind !== "word") return kind === "number" ? -difference : difference;
  }
  return a.mtimeMs - b.mtimeMs;
}
