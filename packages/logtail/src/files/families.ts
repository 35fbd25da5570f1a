import { dirname, join } from "node:path";
import { basesOf, compareOrder, rotatedOf, sequel, shapeOf, uncompressed } from "./rotation.ts";
import type { Rotated } from "./rotation.ts";

/** The names in one folder, and for a symbolic link the real path that it leads to. */
export type Names = ReadonlyMap<string, { readonly target: string | undefined }>;

/** The paths of one log: under its own name, and what it was rotated to. */
export interface Family {
  /** The path of the log, whether or not there is a file now. */
  readonly path: string;
  /** Whether there is a file of that name that is not compressed. */
  readonly present: boolean;
  /** What a symbolic link of that name leads to. */
  readonly target: string | undefined;
  /** In no order. */
  readonly rotated: readonly { readonly path: string; readonly rotated: Rotated }[];
  /** Other files in the folder of the target, where a link may have led before. At most 200. */
  readonly beside: readonly string[];
}

const MAX_BESIDE = 200;

/**
 * Finds the logs among the files of folders. `app.log.1` beside `app.log` is no log of its own, though a pattern may name both.
 *
 * @param folders the names by folder, as real paths
 * @param owned whether a path is one of a log
 * @param expected paths of logs that were there before
 * @param rotatedIn folders, relative to a log's own, into which it is rotated too
 */
export function familiesOf(
  folders: ReadonlyMap<string, Names>,
  owned: (path: string) => boolean,
  expected: readonly string[],
  rotatedIn: readonly string[],
): Family[] {
  const families: Family[] = [];
  for (const folder of new Set([...folders.keys(), ...expected.map((path) => dirname(path))])) {
    const names = folders.get(folder) ?? new Map<string, { target: string | undefined }>();
    const bases = new Set([...names.keys()].filter((name) => owned(join(folder, name))));
    // Between a rename and the creation of the new file only the rotated one is there.
    // A name that would take in logs of their own, such as dated ones, is not made up.
    const taken = new Set([...bases].flatMap(basesOf));
    for (const base of [...names.keys()].filter((name) => !bases.has(name)).flatMap(basesOf)) {
      if (!taken.has(base) && owned(join(folder, base))) bases.add(base);
    }
    for (const path of expected) if (dirname(path) === folder) bases.add(path.slice(join(folder, "x").length - 1));
    for (const name of bases) {
      if (basesOf(name).some((base) => base !== name && bases.has(base))) bases.delete(name);
    }
    const found = new Map<string, Map<string, Rotated>>();
    for (const place of [folder, ...rotatedIn.map((one) => join(folder, one))]) collect(folders, place, bases, found);
    for (const name of bases) {
      const path = join(folder, name);
      const target = names.get(name)?.target;
      const rotated = found.get(name) ?? new Map<string, Rotated>();
      // Nobody writes to a compressed file: it is all that is left of a log.
      const { compression } = uncompressed(name);
      const present = names.has(name) && compression === undefined;
      if (names.has(name) && !present) rotated.set(path, { kind: "number", order: [0], compression });
      const beside = target === undefined ? [] : besideTarget(folders, path, target, rotated);
      families.push({
        path,
        present,
        target,
        rotated: [...rotated].map(([at, as]) => ({ path: at, rotated: as })),
        beside: beside.slice(0, MAX_BESIDE),
      });
    }
  }
  return families;
}

/** Adds the files of a folder that are rotated from one of `bases`. */
function collect(
  folders: ReadonlyMap<string, Names>,
  folder: string,
  bases: ReadonlySet<string>,
  found: Map<string, Map<string, Rotated>>,
): void {
  const names = folders.get(folder) ?? new Map<string, never>();
  for (const other of names.keys()) {
    for (const base of basesOf(other)) {
      if (!bases.has(base) || isPending(other, names, base)) continue;
      const as = rotatedOf(base, other);
      if (!as) continue;
      let own = found.get(base);
      if (!own) found.set(base, (own = new Map<string, Rotated>()));
      own.set(join(folder, other), as);
    }
  }
}

/** A compressed file beside its original is still being written. */
function isPending(name: string, names: Names, base: string): boolean {
  const { plain, compression } = uncompressed(name);
  return compression !== undefined && plain !== base && names.has(plain);
}

/** What a link's target was rotated to or comes after, into `rotated`; returns the other files beside it. */
function besideTarget(
  folders: ReadonlyMap<string, Names>,
  link: string,
  target: string,
  rotated: Map<string, Rotated>,
): string[] {
  const folder = dirname(target);
  const names = folders.get(folder) ?? new Map<string, { target: string | undefined }>();
  const own = target.slice(join(folder, "x").length - 1);
  const shape = shapeOf(own);
  const { order } = sequel(own);
  const beside: string[] = [];
  for (const [other, { target: linked }] of names) {
    const path = join(folder, other);
    if (linked !== undefined || path === target || path === link || isPending(other, names, own)) continue;
    const as = rotatedOf(own, other);
    if (as) rotated.set(path, as);
    else if (shapeOf(other) === shape && order.length > 0) {
      const before = sequel(other);
      // A later one is of a target to come.
      if (compareOrder(before.order, order) < 0) rotated.set(path, before);
    } else beside.push(path);
  }
  return beside;
}
