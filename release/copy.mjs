import { cpSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { sourceFiles } from "../scripts/files.mjs";
import { root, workspaces } from "../scripts/workspace.mjs";

/** @typedef {import("./outside.mjs").Outside} Outside */

/** The packages that are published. */
export const publicPackages = () => workspaces().filter(({ manifest }) => !manifest.private);

/**
 * A copy of the repository, with what has been built, as a repository of its own with its dependencies installed.
 * @param {string} to
 * @param {Outside} outside
 */
export async function copyRepository(to, outside) {
  mkdirSync(to, { recursive: true });
  for (const file of sourceFiles(root)) cpSync(join(root, file), join(to, file));
  for (const { folder, path } of publicPackages()) {
    const built = join(path, "dist");
    if (!existsSync(built)) throw new Error(`${folder} is not built: run \`npm run build\`.`);
    cpSync(built, join(to, folder, "dist"), { recursive: true });
  }
  // Changesets reads the history, and writes tags.
  await outside.run("git", ["init", "--quiet", "--initial-branch=main"], to);
  await commit(to, outside, "Copy");
}

/**
 * @param {string} at
 * @param {Outside} outside
 * @param {string} message
 */
export async function commit(at, outside, message) {
  await outside.run("git", ["add", "--all"], at);
  await outside.run("git", ["commit", "--quiet", "--no-verify", "--allow-empty", "--message", message], at);
}
