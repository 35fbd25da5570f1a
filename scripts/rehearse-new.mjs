import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sourceFiles } from "./files.mjs";
import { run } from "./process.mjs";
import { root } from "./workspace.mjs";

/**
 * Makes a plugin with `pnpm new` in a copy of the repository, and tests and checks it there.
 * @param {readonly string[]} checks the names of the checks to run in the copy
 * @returns {Promise<string>} what is wrong; empty where nothing is
 */
export async function newPluginProblems(checks) {
  const copy = mkdtempSync(join(tmpdir(), "plugboard-"));
  try {
    for (const file of sourceFiles(root)) cpSync(join(root, file), join(copy, file));
    for (const args of [
      ["new", "newcomer"],
      ["test", "newcomer"],
      ["check", ...checks],
    ]) {
      // What has been built here need not be built again there.
      const env = { TURBO_CACHE_DIR: join(root, ".turbo", "cache") };
      const { code, output } = await run(process.execPath, ["scripts/run.mjs", ...args], { cwd: copy, env });
      if (code !== 0) return `\`${args.join(" ")}\` failed in a copy of the repository:\n${output}`;
    }
    return "";
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
