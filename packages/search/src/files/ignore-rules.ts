import { literalEnd, literalName, matchesPattern, readPattern } from "./ignore-pattern.ts";
import type { IgnorePattern } from "./ignore-pattern.ts";

/** Patterns of one name that are remembered, the last ones: they take each other back. */
const MAX_SAME = 50;

/** A pattern with its place among those of its file. */
interface Placed {
  readonly pattern: IgnorePattern;
  readonly at: number;
}

/** The patterns of one file, so that a name is compared with few of them: most end with letters or are one name. */
export class IgnoreRules {
  /** The last patterns for each name without wildcards. */
  readonly #names = new Map<string, Placed[]>();
  /** Those for what ends in some way, by that end, and how long these ends are. */
  readonly #ends = new Map<string, Placed[]>();
  readonly #lengths = new Set<number>();
  readonly #others: Placed[] = [];

  constructor(lines: readonly string[]) {
    for (const [at, line] of lines.entries()) {
      const pattern = readPattern(line);
      if (!pattern) continue;
      const name = literalName(pattern);
      const end = literalEnd(pattern);
      if (name !== undefined)
        this.#names.set(name, [...(this.#names.get(name) ?? []).slice(1 - MAX_SAME), { pattern, at }]);
      else if (end === "") this.#others.push({ pattern, at });
      else {
        this.#lengths.add(end.length);
        const same = this.#ends.get(end);
        if (same) same.push({ pattern, at });
        else this.#ends.set(end, [{ pattern, at }]);
      }
    }
  }

  /** What the last pattern that matches says: true for ignored, false for taken back; undefined if there is none. */
  test(segments: readonly string[], folder: boolean): boolean | undefined {
    const name = segments.at(-1) ?? "";
    let last = this.#names.get(name)?.findLast(({ pattern }) => folder || !pattern.folders);
    const consider = (some: readonly Placed[]): void => {
      const after = last?.at ?? -1;
      for (let index = some.length - 1; index >= 0; index -= 1) {
        const each = some[index] as Placed;
        if (each.at < after) return;
        if (!matchesPattern(each.pattern, segments, folder)) continue;
        last = each;
        return;
      }
    };
    for (const length of this.#lengths) {
      const some = length <= name.length ? this.#ends.get(name.slice(-length)) : undefined;
      if (some) consider(some);
    }
    consider(this.#others);
    return last && !last.pattern.negated;
  }
}
