import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { table } from "./docs-tables.mjs";
import { root } from "./workspace.mjs";

/**
 * The published packages, the seam that all stand on first and the composed server last.
 * @param {readonly import("./workspace.mjs").Workspace[]} all
 */
export function packagesTable(all) {
  const rank = (/** @type {string} */ folder) => (folder === "packages/core" ? 0 : folder.startsWith("apps/") ? 2 : 1);
  const rows = all
    .filter(({ folder }) => /^(packages|apps)\/[^.]/.test(folder))
    .toSorted((a, b) => rank(a.folder) - rank(b.folder))
    .map(({ folder, manifest }) => {
      const api = `docs/api/${basename(folder)}.md`;
      return [
        `[\`${manifest.name}\`](${folder})`,
        manifest.description,
        existsSync(join(root, api)) ? `[API](${api})` : "",
      ];
    });
  return table(["Package", "What it does", ""], rows);
}
