import { basename } from "node:path";
import { table } from "./docs-tables.mjs";

/**
 * The published packages with their pages of the API, the seam that all stand on first and the composed server last.
 * @param {readonly import("./workspace.mjs").Workspace[]} all
 */
export function packagesTable(all) {
  const rank = (/** @type {string} */ folder) => (folder === "packages/core" ? 0 : folder.startsWith("apps/") ? 2 : 1);
  const rows = all
    .filter(({ folder }) => /^(packages|apps)\/[^.]/.test(folder))
    .toSorted((a, b) => rank(a.folder) - rank(b.folder))
    .map(({ folder, manifest }) => [
      `[\`${manifest.name}\`](${folder})`,
      manifest.description,
      folder.startsWith("packages/") ? `[API](docs/api/${basename(folder)}.md)` : "",
    ]);
  return table(["Package", "What it does", ""], rows);
}
