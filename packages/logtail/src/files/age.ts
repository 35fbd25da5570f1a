import { compareOrder } from "./rotation.ts";
import type { ListedRotated } from "./source.ts";

/**
 * Compares rotated files of one log, the oldest first: by their names where these say so, else by their last change.
 * @param highest which of those with numbers has the highest one
 */
export function byAge(highest: "oldest" | "newest"): (a: ListedRotated, b: ListedRotated) => number {
  return (a, b) => {
    const { kind, order } = a.rotated;
    if (kind === b.rotated.kind) {
      const difference = compareOrder(order, b.rotated.order);
      const rises = kind === "date" || highest === "newest";
      if (difference !== 0 && kind !== "word") return rises ? difference : -difference;
    }
    return a.mtimeMs - b.mtimeMs;
  };
}
