import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./workspace.mjs";

/**
 * The program of a package that the root depends on, as a file for Node: what stands in node_modules/.bin is for a shell, and
 * another one on every platform.
 * @param {string} name of the package; its program is the one that is called so, or its only one
 * @returns {string}
 */
export function binFile(name) {
  const folder = join(root, "node_modules", name);
  const { bin } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return join(folder, typeof bin === "string" ? bin : (bin[name] ?? Object.values(bin)[0]));
}
