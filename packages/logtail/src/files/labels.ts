import { basename, sep } from "node:path";
import type { Root } from "@plugboard/core/files";

/** How the logs below a set of roots are called. */
export interface Labels {
  /** The label of a path inside a root. */
  of(root: number, relative: string): string;
  /** The root and the path inside it that a label stands for; undefined if it is none. */
  parse(label: string): { readonly root: number; readonly relative: string } | undefined;
}

/**
 * Labels for the files below roots: the path inside the root; where there are several roots, after the root's name, with as
 * many of its parents as it takes that no name is, or begins, another. A root that is a file is called by its name alone.
 * They depend on nothing but the list of roots.
 */
export function labelsFor(roots: readonly Root[]): Labels {
  const prefixes = prefixesOf(roots.map((root) => root.path));
  const single = roots.length === 1;
  return {
    of(root, relative) {
      const prefix = prefixes[root] ?? "";
      if (roots[root]?.kind === "file") return prefix;
      return single ? relative : `${prefix}/${relative}`;
    },
    parse(label) {
      for (const [root, prefix] of prefixes.entries()) {
        if (roots[root]?.kind === "file") {
          if (label === prefix) return { root, relative: basename(roots[root]?.path ?? "") };
        } else if (single) return { root, relative: label };
        else if (label.startsWith(`${prefix}/`)) return { root, relative: label.slice(prefix.length + 1) };
      }
      return undefined;
    },
  };
}

function prefixesOf(paths: readonly string[]): string[] {
  const parts = paths.map((path) => path.split(sep).filter((part) => part !== ""));
  const lengths = parts.map(() => 1);
  const name = (at: number): string => (parts[at] ?? []).slice(-(lengths[at] ?? 1)).join("/");
  for (;;) {
    const names = paths.map((_, at) => name(at));
    const clashes = names.map((one, at) =>
      names.some(
        (other, also) =>
          paths[at] !== paths[also] && (`${one}/`.startsWith(`${other}/`) || `${other}/`.startsWith(`${one}/`)),
      ),
    );
    let grew = false;
    for (const [at, clash] of clashes.entries()) {
      if (!clash || (lengths[at] ?? 1) >= (parts[at]?.length ?? 0)) continue;
      lengths[at] = (lengths[at] ?? 1) + 1;
      grew = true;
    }
    if (!grew) return names.map((one, at) => (clashes[at] ? `/${one}` : one));
  }
}
