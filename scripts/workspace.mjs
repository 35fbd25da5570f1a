import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** The folder of the repository. */
export const root = resolve(import.meta.dirname, "..");

/**
 * @typedef {object} Workspace
 * @property {string} folder relative to the root, with `/`: `packages/core`
 * @property {string} path absolute
 * @property {Record<string, any>} manifest its package.json
 */

/**
 * The packages of the monorepo, by folder: those that pnpm-workspace.yaml names.
 * @param {string} [at] the folder of the repository
 * @returns {Workspace[]}
 */
export function workspaces(at = root) {
  return patterns(readFileSync(join(at, "pnpm-workspace.yaml"), "utf8"))
    .flatMap((pattern) => (pattern.endsWith("/*") ? children(at, pattern.slice(0, -2)) : [pattern]))
    .filter((folder) => existsSync(join(at, folder, "package.json")))
    .sort()
    .map((folder) => {
      const path = join(at, folder);
      return { folder, path, manifest: JSON.parse(readFileSync(join(path, "package.json"), "utf8")) };
    });
}

/** @param {string} yaml */
function patterns(yaml) {
  const block = /^packages:\n((?:[ ]*-.*\n|\n)+)/m.exec(`${yaml}\n`)?.[1] ?? "";
  return [...block.matchAll(/-\s*["']?([^"'\s]+)/g)].map(([, pattern]) => pattern ?? "");
}

/**
 * @param {string} at
 * @param {string} folder
 */
function children(at, folder) {
  if (!existsSync(join(at, folder))) return [];
  return readdirSync(join(at, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${folder}/${entry.name}`);
}
