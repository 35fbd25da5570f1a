import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";
import { root } from "./workspace.mjs";

/** What turbo and the tasks below it need from us. The version of Node is part of every cache key. */
export const turboEnv = {
  PATH: `${join(root, "node_modules", ".bin")}${delimiter}${process.env["PATH"] ?? ""}`,
  PLUGBOARD_NODE: process.version,
  TURBO_TELEMETRY_DISABLED: "1",
  ...(process.stdout.isTTY ? {} : { NO_COLOR: "1", FORCE_COLOR: undefined }),
};

export const turboFile = join(root, "node_modules", "turbo", "bin", "turbo");

/**
 * `pnpm build` and `pnpm bench`: runs a task of turbo.json in every package that has it.
 * @param {string[]} args the task, and what turbo takes
 * @returns {Promise<number>} the exit code
 */
export function main(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [turboFile, "run", ...args], {
      cwd: root,
      env: { ...process.env, ...turboEnv },
      stdio: "inherit",
    });
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
}
