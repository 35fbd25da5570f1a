import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./workspace.mjs";

/**
 * The files below a folder that .gitignore does not name, without asking git: there may be none.
 * @param {string} folder
 * @returns {string[]} relative to it, with `/`
 */
export function sourceFiles(folder) {
  const ignored = new Set([".git"]);
  for (const line of readFileSync(join(root, ".gitignore"), "utf8").split("\n")) ignored.add(line.replace(/\/$/, ""));
  return walk(folder, "", ignored);
}

/**
 * @param {string} base
 * @param {string} folder
 * @param {ReadonlySet<string>} ignored
 * @returns {string[]}
 */
function walk(base, folder, ignored) {
  return readdirSync(join(base, folder), { withFileTypes: true }).flatMap((entry) => {
    if (ignored.has(entry.name)) return [];
    const path = folder ? `${folder}/${entry.name}` : entry.name;
    if (entry.isDirectory()) return walk(base, path, ignored);
    return entry.isFile() ? [path] : [];
  });
}
