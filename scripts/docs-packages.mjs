import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fillSection, table } from "./docs-tables.mjs";
import { Problem } from "./problem.mjs";
import { root, workspaces } from "./workspace.mjs";

/** Files at the root and in docs that have the table of packages, between its marks. */
const PAGES = ["README.md"];

/**
 * The table of packages, from their manifests.
 * @param {boolean} check writes nothing
 * @param {(text: string) => Promise<string>} format
 * @returns {Promise<number>} how many pages were out of date
 */
export async function updatePackages(check, format) {
  let outdated = 0;
  for (const name of PAGES) {
    const file = join(root, name);
    const before = readFileSync(file, "utf8");
    const filled = fillSection(before, "packages", packagesTable(workspaces()));
    if (!filled) throw new Problem(`${name} has no place for the table of packages: <!-- packages:start -->.`);
    const after = await format(filled);
    if (after === before) continue;
    outdated++;
    if (!check) writeFileSync(file, after);
    console.log(`${name} ${check ? "is not up to date: run `npm run docs`" : "written"}`);
  }
  return outdated;
}

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
