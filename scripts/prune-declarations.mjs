import { readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

/** `from "./x.ts"` and `import("./x.js")` in a declaration. */
const REACHED = /(?:\bfrom\s*|\bimport\s*\(?\s*)["'](\.{1,2}\/[^"']+)\.[jt]s["']/g;

/**
 * Removes the declarations that nothing public names: the compiler writes one for every module.
 * @param {string} folder of a package that has been built
 */
export function pruneDeclarations(folder) {
  const { exports = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const reached = new Set();
  const waiting = Object.values(exports).flatMap((target) => (target.types ? [resolve(folder, target.types)] : []));
  for (let file = waiting.pop(); file; file = waiting.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    for (const [, path] of readFileSync(file, "utf8").matchAll(REACHED))
      waiting.push(resolve(dirname(file), `${path}.d.ts`));
  }
  const dist = join(folder, "dist");
  const all = readdirSync(dist, { recursive: true, encoding: "utf8" }).map((name) => join(dist, name));
  for (const file of all) if (file.endsWith(".d.ts") && !reached.has(file)) rmSync(file);
  for (const path of all.toSorted((a, b) => b.length - a.length)) removeEmpty(path, dist);
}

/**
 * @param {string} path
 * @param {string} above
 */
function removeEmpty(path, above) {
  if (relative(above, path) === "") return;
  try {
    rmdirSync(path);
  } catch {
    // A file, or a folder with something in it.
  }
}
