import { existsSync } from "node:fs";
import { basename, relative, resolve, sep } from "node:path";

/**
 * Splits the arguments of `npm test`: the first ones may name packages (`core`, `packages/core`, `@plugboard/core`) or files
 * in them; from the first one that does neither, they are vitest's.
 * @param {readonly string[]} args
 * @param {readonly import("./workspace.mjs").Workspace[]} packages
 * @param {string} cwd
 * @returns {{ selected: string[], vitest: string[] }} the names of the packages, none meaning all; the arguments of vitest
 */
export function selectTests(args, packages, cwd) {
  const selected = new Set();
  const files = [];
  let rest = 0;
  for (; rest < args.length; rest++) {
    const arg = String(args[rest]);
    const path = resolve(cwd, arg);
    const named = packages.find(
      (item) => item.path === path || item.manifest.name === arg || basename(item.folder) === arg,
    );
    const owner = named ?? packages.find((item) => existsSync(path) && path.startsWith(item.path + sep));
    if (!owner) break;
    selected.add(owner.manifest.name);
    if (!named) files.push(relative(owner.path, path));
  }
  return { selected: [...selected], vitest: [...files, ...args.slice(rest)] };
}
